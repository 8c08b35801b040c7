/** The message that is signed, and the signed transaction that a signature makes of it. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base58 } from '@scure/base';
import type { Network, Payload, SealedTransaction, Signature } from '#chains/adapter.ts';
import { type Bytes, concat } from '#core/bytes.ts';
import { addressBytes } from './address.ts';
import { decodeMessage } from './message.ts';
import { refuse } from './refusal.ts';

const SIGNATURE_BYTES = 64;
const POINT_BYTES = 32;

/** One payload: the message itself. @throws EVIDENCE_REJECTED */
export function payloads(_network: Network, unsigned: Bytes): readonly Payload[] {
  decodeMessage(unsigned);
  return [{ digest: sha256(unsigned), message: unsigned }];
}

/**
 * Whether the chain takes the signature. Its verifier does not multiply by the cofactor (dalek,
 * `verify_strict`) and noble's does; the two agree where R and the key have no part of small order.
 */
function isSignedBy(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  try {
    if (!ed25519.verify(signature, message, publicKey, { zip215: false })) return false;
    const r = ed25519.Point.fromBytes(signature.subarray(0, POINT_BYTES));
    return !r.is0() && r.isTorsionFree();
  } catch {
    // noble says no by throwing: an S out of range, or bytes that are no point.
    return false;
  }
}

/** @throws EVIDENCE_REJECTED unless there is one signature, and it is by the key of `from` */
export function seal(
  network: Network,
  unsigned: Bytes,
  signatures: readonly Signature[],
  from: string,
): SealedTransaction {
  const { payer } = decodeMessage(unsigned);
  if (payer !== from) refuse(`sent by ${payer}, not by ${from}`);
  const bytes = onlyOf(signatures);
  if (!isSignedBy(addressBytes(from), unsigned, bytes)) refuse(`not signed by ${from}`);
  return assemble(network, unsigned, signatures);
}

/** @throws EVIDENCE_REJECTED unless there is one signature */
export function assemble(
  _network: Network,
  unsigned: Bytes,
  signatures: readonly Signature[],
): SealedTransaction {
  const bytes = onlyOf(signatures);
  return { raw: concat(Uint8Array.of(1), bytes, unsigned), hash: base58.encode(bytes) };
}

function onlyOf([signature, ...more]: readonly Signature[]): Bytes {
  if (signature === undefined || more.length > 0) return refuse('not exactly one signature');
  if (!('bytes' in signature)) return refuse('a signature of another curve');
  if (signature.bytes.length !== SIGNATURE_BYTES) refuse('a signature has 64 bytes');
  return signature.bytes;
}

/**
 * The two halves of a transaction with one signature: what `seal` put together.
 * @throws EVIDENCE_REJECTED when the bytes are no transaction with one signature
 */
export function unseal(raw: Bytes): { readonly signature: Bytes; readonly unsigned: Bytes } {
  if (raw[0] !== 1 || raw.length <= SIGNATURE_BYTES + 1) refuse('not one signature');
  const end = 1 + SIGNATURE_BYTES;
  return { signature: raw.slice(1, end), unsigned: raw.slice(end) };
}
