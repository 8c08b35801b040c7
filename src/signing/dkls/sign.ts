/** Presigning and signing as one flow: the presignature lives for this one digest. */
import type { Bytes } from '#core/bytes.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import type { Protocol } from '#signing/kernel.ts';
import { online, requireDigest } from './online.ts';
import { type PresignParameters, presign } from './presign.ts';

export type SignParameters = PresignParameters & {
  /** 32 bytes: the hash of what is signed, computed by this party from what it approved. */
  readonly digest: Bytes;
};

/**
 * One party's part of a signature under the group key. Every signer gets the same signature, low-s and
 * verified, or an abort.
 * @throws ProtocolAbort
 */
export function* sign(p: SignParameters): Protocol<EcdsaSignature> {
  requireDigest(p.digest);
  const presignature = yield* presign(p);
  return yield* online({ presignature, digest: p.digest, tweak: 0n, random: p.random });
}
