/**
 * From a presignature to a signature over one digest (IACR eprint 2023/765, Protocol 3.6, last round),
 * with the presignature re-randomised by fresh values of all signers once the digest is fixed (Groth,
 * Shoup, "On the security of ECDSA with additive key derivation and presignatures", eprint 2021/1330,
 * in its additive form). The steps are numbered in docs/protocols/sign.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import {
  ORDER,
  type Point,
  type Scalar,
  decodePoint,
  encodePoint,
  encodeScalar,
  invertPublic,
  mod,
  multiplyBasePublic,
  parseInteger,
  verifyEcdsa,
} from '#signing/curve.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  requireConsistent,
} from '#signing/kernel.ts';
import { NOTHING, type Session, exchange, of } from '#signing/session.ts';
import { DIGEST_BYTES, digest, hashToScalar } from '#signing/transcript.ts';
import { bytes, scalar } from '#signing/wire.ts';
import type { Presignature } from './presign.ts';

export type OnlineParameters = {
  /** It is spent by this call, whatever the outcome. */
  readonly presignature: Presignature;
  /** 32 bytes: the hash of what is signed, computed by this party from what it approved. */
  readonly digest: Bytes;
  /** eps, the public offset of a derived child key: 0 signs under the key itself. */
  readonly tweak: Scalar;
  readonly random: Random;
};

const CONTRIBUTION_BYTES = 32;

/** The session is the presignature: there is no round 0, and its id is the presignature's. */
export const ONLINE_ROUNDS = {
  randomise: {
    number: 1,
    broadcast: { binding: bytes(DIGEST_BYTES), contribution: bytes(CONTRIBUTION_BYTES) },
    direct: NOTHING,
  },
  shares: {
    number: 2,
    broadcast: { agreement: bytes(DIGEST_BYTES), u: scalar, w: scalar },
    direct: NOTHING,
  },
} as const;

/** The presignature as this message uses it. */
type Randomised = {
  /** R' = R + delta G. */
  readonly nonce: Point;
  /** r: the x-coordinate of R' modulo q. */
  readonly r: Scalar;
  readonly u: Scalar;
  readonly v: Scalar;
  /** pk + eps G. */
  readonly publicKey: Bytes;
};

const xOf = (point: Point): bigint => parseInteger(encodePoint(point).subarray(1));

/**
 * r, the x-coordinate of a nonce modulo q. There is a point with x = q, so that zero is not only a
 * matter of the identity.
 * @throws ProtocolAbort `inconsistent` `NONCE_IDENTITY` or `NONCE_ZERO`
 */
export function coordinateOf(nonce: Point): Scalar {
  requireConsistent('NONCE_IDENTITY', !nonce.is0());
  const r = mod(xOf(nonce));
  requireConsistent('NONCE_ZERO', r !== 0n);
  return r;
}

/**
 * The number that a digest stands for (SEC 1 section 4.1.3). Zero is refused: a signature over it can
 * be made from anybody's public key alone.
 * @throws ProtocolAbort `benign` `DIGEST`
 */
export function requireDigest(bytes: Bytes): Scalar {
  const message = mod(parseInteger(bytes));
  if (bytes.length !== DIGEST_BYTES || message === 0n) throw new ProtocolAbort('benign', 'DIGEST');
  return message;
}

/**
 * A nonce that is moved by nothing is the one that everybody knew before the message.
 * @throws ProtocolAbort `inconsistent` `DELTA_ZERO`
 */
export function requireDelta(delta: Scalar): void {
  requireConsistent('DELTA_ZERO', delta !== 0n);
}

/** Spec 5.1-5.3 */
function randomise(p: OnlineParameters, randomness: Bytes): Randomised {
  const { presignature, tweak } = p;
  const key = decodePoint(presignature.publicKey) as Point;
  const publicKey = encodePoint(key.add(multiplyBasePublic(tweak)));
  const delta = hashToScalar(
    'online/delta',
    publicKey,
    encodeScalar(tweak),
    p.digest,
    encodePoint(presignature.nonce),
    randomness,
  );
  requireDelta(delta);
  const nonce = presignature.nonce.add(multiplyBasePublic(delta));
  return {
    nonce,
    r: coordinateOf(nonce),
    u: mod(presignature.u + delta * presignature.phi),
    v: mod(presignature.v + tweak * presignature.phi),
    publicKey,
  };
}

/**
 * Spec 6.2-6.4: s = sum w / sum u', made low, with its recovery id.
 * @throws ProtocolAbort `inconsistent`: nothing leaves that does not verify
 */
export function assemble(
  used: Randomised,
  sumU: Scalar,
  sumW: Scalar,
  digest: Bytes,
): EcdsaSignature {
  requireConsistent('MASK_ZERO', sumU !== 0n);
  const high = mod(sumW * invertPublic(sumU));
  const isHigh = high > ORDER >> 1n;
  const parity = (encodePoint(used.nonce)[0] as number) & 1;
  const overflow = xOf(used.nonce) >= ORDER ? 2 : 0;
  const signature = {
    r: encodeScalar(used.r),
    s: encodeScalar(isHigh ? ORDER - high : high),
    recovery: overflow | (isHigh ? 1 - parity : parity),
  };
  requireConsistent(
    'SIGNATURE_INVALID',
    verifyEcdsa(signature.r, signature.s, digest, used.publicKey),
  );
  return signature;
}

/**
 * One party's part.
 * @throws ProtocolAbort
 */
export function* online(p: OnlineParameters): Protocol<EcdsaSignature> {
  const { presignature } = p;
  const { party: me, signers, id } = presignature;
  const message = requireDigest(p.digest);
  const peers = signers.filter((signer) => signer !== me);
  const session: Session = { protocol: 'online', me, parties: signers, peers, id };
  // Spec 4.1
  const binding = digest(
    'online/binding',
    id,
    presignature.publicKey,
    [...signers],
    p.digest,
    encodeScalar(p.tweak),
  );
  // Spec 4.2
  const contribution = p.random(CONTRIBUTION_BYTES);
  const opened = yield* exchange(session, ONLINE_ROUNDS.randomise, {
    broadcast: { binding, contribution },
    direct: () => NOTHING,
  });
  // Spec 4.3
  requireConsistent(
    'DIGEST_MISMATCH',
    peers.every((peer) => equalBytes(of(opened.broadcast, peer).binding, binding)),
  );
  // Spec 4.4
  const contributions = signers.map((signer: PartyId) =>
    signer === me ? contribution : of(opened.broadcast, signer).contribution,
  );
  const randomness = digest('online/randomness', id, contributions);
  const used = randomise(p, randomness);
  // Spec 5.4
  const agreement = digest('online/agreement', binding, randomness);
  const w = mod(message * presignature.phi + used.r * used.v);
  const shares = yield* exchange(session, ONLINE_ROUNDS.shares, {
    broadcast: { agreement, u: used.u, w },
    direct: () => NOTHING,
  });
  // Spec 6.1
  requireConsistent(
    'RANDOMNESS_MISMATCH',
    peers.every((peer) => equalBytes(of(shares.broadcast, peer).agreement, agreement)),
  );
  const sumU = peers.reduce((sum, peer) => mod(sum + of(shares.broadcast, peer).u), used.u);
  const sumW = peers.reduce((sum, peer) => mod(sum + of(shares.broadcast, peer).w), w);
  return assemble(used, sumU, sumW, p.digest);
}
