/** Presigning and signing as one flow: the presignature lives for this one digest. */
import type { Bytes } from '#core/bytes.ts';
import type { Scalar } from '#signing/curve.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import type { Protocol } from '#signing/kernel.ts';
import { online, requireDigest } from './online.ts';
import { type PresignParameters, presign } from './presign.ts';

export type SignParameters = PresignParameters & {
  /** 32 bytes: the hash of what is signed, computed by this party from what it approved. */
  readonly digest: Bytes;
  /** eps, the public offset of a derived child key: 0 signs under the key itself. */
  readonly tweak: Scalar;
};

/**
 * One party's part of a signature under the group key. Every signer gets the same signature, low-s and
 * verified, or an abort.
 * @throws ProtocolAbort
 */
export function* sign(p: SignParameters): Protocol<EcdsaSignature> {
  requireDigest(p.digest);
  const presignature = yield* presign(p);
  const { digest, tweak, random } = p;
  return yield* online({ presignature, digest, tweak, random });
}
