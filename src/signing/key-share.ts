/**
 * One party's share of a key, and its form at rest. The caller seals the bytes: they hold the secret.
 */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import {
  POINT_BYTES,
  SCALAR_BYTES,
  type Scalar,
  decodePoint,
  decodeScalar,
  encodePoint,
  encodeScalar,
  multiplyBase,
} from './curve.ts';
import type { PartyId } from './kernel.ts';

export type KeyShare = {
  readonly party: PartyId;
  /** Everybody who holds a share, ascending. */
  readonly parties: readonly PartyId[];
  /** How many of them sign together. */
  readonly threshold: number;
  /** f(party), where f(0) is the key that nobody has. */
  readonly secret: Scalar;
  /** f(0) G: 33 bytes compressed for ECDSA. */
  readonly publicKey: Bytes;
  /** f(i) G for every party i, encoded as the public key. */
  readonly verifyingShares: ReadonlyMap<PartyId, Bytes>;
  /** 32 public bytes that nobody chose alone, for later derivation of child keys (BIP-32). */
  readonly chainCode: Bytes;
};

const VERSION = 1;
const KIND = 0x4b;
const CHAIN_CODE_BYTES = 32;
const FIXED_BYTES = 8 + SCALAR_BYTES + POINT_BYTES + CHAIN_CODE_BYTES;
const MEMBER_BYTES = 2 + POINT_BYTES;

/** Version, kind, party, threshold, number of parties; secret, public key, chain code; members. */
export function encodeKeyShare(share: KeyShare): Bytes {
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, KIND);
  view.setUint16(2, share.party);
  view.setUint16(4, share.threshold);
  view.setUint16(6, share.parties.length);
  const members = share.parties.map((party) => {
    const id = new Uint8Array(2);
    new DataView(id.buffer).setUint16(0, party);
    return concat(id, share.verifyingShares.get(party) as Bytes);
  });
  return concat(head, encodeScalar(share.secret), share.publicKey, share.chainCode, ...members);
}

const wrong = (what: string): RangeError => new RangeError(`not a key share: ${what}`);

/**
 * @throws RangeError when the bytes are not exactly one share of this version whose secret belongs to
 *   its verifying share. Sealed bytes that open and do not decode are a bug, not an input.
 */
export function decodeKeyShare(bytes: Bytes): KeyShare {
  if (bytes.length < FIXED_BYTES) throw wrong('length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== VERSION || view.getUint8(1) !== KIND) throw wrong('version or kind');
  const [party, threshold, count] = [view.getUint16(2), view.getUint16(4), view.getUint16(6)];
  if (bytes.length !== FIXED_BYTES + count * MEMBER_BYTES) throw wrong('length');
  if (threshold < 2 || threshold > count) throw wrong('threshold');
  let at = 8;
  const take = (size: number): Bytes => Uint8Array.from(bytes.subarray(at, (at += size)));
  const secret = decodeScalar(take(SCALAR_BYTES));
  const publicKey = take(POINT_BYTES);
  const chainCode = take(CHAIN_CODE_BYTES);
  const verifyingShares = new Map<PartyId, Bytes>();
  let last = 0;
  for (let i = 0; i < count; i++) {
    const id = view.getUint16(at);
    at += 2;
    const verifyingShare = take(POINT_BYTES);
    if (id <= last || decodePoint(verifyingShare) === undefined) throw wrong('member');
    verifyingShares.set(id, verifyingShare);
    last = id;
  }
  const own = verifyingShares.get(party);
  if (secret === undefined || own === undefined) throw wrong('secret');
  if (decodePoint(publicKey) === undefined) throw wrong('public key');
  if (!equalBytes(encodePoint(multiplyBase(secret)), own)) throw wrong('secret');
  const parties = [...verifyingShares.keys()];
  return { party, parties, threshold, secret, publicKey, verifyingShares, chainCode };
}
