/**
 * One party's share of a key that FROST signs under, and its form at rest. The caller seals the bytes:
 * they hold the secret.
 */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import {
  type Element,
  ED25519,
  type PrimeGroup,
  SCALAR_BYTES,
  SECP256K1,
} from '#signing/prime-group.ts';
import type { KeyShare } from '#signing/key-share.ts';
import type { PartyId } from '#signing/kernel.ts';
import { FROST_SCHEMES, type FrostScheme } from './suite.ts';

/**
 * Points have 32 bytes for `frost-ed25519`; for `frost-secp256k1` 33, compressed, with either parity.
 * Ed25519 keys have no children and never use the chain code.
 */
export type FrostKeyShare = KeyShare & { readonly scheme: FrostScheme };

const VERSION = 1;
const KIND = 0x46;
const HEAD_BYTES = 9;
const CHAIN_CODE_BYTES = 32;
const PARTY_BYTES = 2;

/** Version, kind, scheme, party, threshold, parties; secret, public key, chain code; members. */
export function encodeFrostKeyShare(share: FrostKeyShare): Bytes {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, KIND);
  view.setUint8(2, FROST_SCHEMES.indexOf(share.scheme));
  view.setUint16(3, share.party);
  view.setUint16(5, share.threshold);
  view.setUint16(7, share.parties.length);
  const members = share.parties.map((party) => {
    const id = new Uint8Array(PARTY_BYTES);
    new DataView(id.buffer).setUint16(0, party);
    return concat(id, share.verifyingShares.get(party) as Bytes);
  });
  const group = share.scheme === 'frost-ed25519' ? ED25519 : SECP256K1;
  const secret = group.encodeScalar(share.secret);
  return concat(head, secret, share.publicKey, share.chainCode, ...members);
}

const wrong = (what: string): RangeError => new RangeError(`not a FROST key share: ${what}`);

/**
 * @throws RangeError when the bytes are not exactly one share of this version whose secret belongs to
 *   its verifying share. Sealed bytes that open and do not decode are a bug, not an input.
 */
export function decodeFrostKeyShare(bytes: Bytes): FrostKeyShare {
  if (bytes.length < HEAD_BYTES) throw wrong('length');
  if (bytes[0] !== VERSION || bytes[1] !== KIND) throw wrong('version or kind');
  const scheme = FROST_SCHEMES[bytes[2] as number];
  if (scheme === undefined) throw wrong('scheme');
  return scheme === 'frost-ed25519'
    ? decodeFor(ED25519, scheme, bytes)
    : decodeFor(SECP256K1, scheme, bytes);
}

function decodeFor<P extends Element<P>>(
  group: PrimeGroup<P>,
  scheme: FrostScheme,
  bytes: Bytes,
): FrostKeyShare {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [party, threshold, count] = [view.getUint16(3), view.getUint16(5), view.getUint16(7)];
  const member = PARTY_BYTES + group.pointBytes;
  const fixed = HEAD_BYTES + SCALAR_BYTES + group.pointBytes + CHAIN_CODE_BYTES;
  if (bytes.length !== fixed + count * member) throw wrong('length');
  if (threshold < 2 || threshold > count) throw wrong('threshold');
  let at = HEAD_BYTES;
  const take = (size: number): Bytes => Uint8Array.from(bytes.subarray(at, (at += size)));
  const secret = group.decodeScalar(take(SCALAR_BYTES));
  const publicKey = take(group.pointBytes);
  const chainCode = take(CHAIN_CODE_BYTES);
  const verifyingShares = new Map<PartyId, Bytes>();
  let last = 0;
  for (let i = 0; i < count; i++) {
    const id = view.getUint16(at);
    at += PARTY_BYTES;
    const verifyingShare = take(group.pointBytes);
    if (id <= last) throw wrong('member');
    verifyingShares.set(id, verifyingShare);
    last = id;
  }
  const own = verifyingShares.get(party);
  if (secret === undefined || own === undefined) throw wrong('secret');
  if (!equalBytes(group.encodePoint(group.multiplyBase(secret)), own)) throw wrong('secret');
  const parties = [...verifyingShares.keys()];
  return { scheme, party, parties, threshold, secret, publicKey, verifyingShares, chainCode };
}
