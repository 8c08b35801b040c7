/**
 * Solana addresses: 32 bytes in base58. The spelling has no checksum, so everything else that can be
 * known about a wallet's address is demanded of one: a wallet is an Ed25519 public key, that is a
 * point of the curve's prime-order group. Half of all single mistyped letters fail that, and so does
 * every address that a program derived, among them all token accounts.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { base58 } from '@scure/base';
import type { Bytes } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';

export const ADDRESS_BYTES = 32;
/** 32 bytes take 32 letters (all zero) to 44. */
const TEXT = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const LIKE = 'Write it like 7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv.';

export function formatAddress(bytes: Bytes): string {
  if (bytes.length !== ADDRESS_BYTES) throw new RangeError('an address has 32 bytes');
  return base58.encode(bytes);
}

/** The 32 bytes of an address that was parsed or formatted here before. */
export const addressBytes = (address: string): Bytes => base58.decode(address);

/**
 * Whether the bytes are a point of the curve, as the chain asks it of addresses that programs
 * derive: encodings that are not canonical count as points there (curve25519-dalek, `decompress`).
 */
export function isOnCurve(bytes: Bytes): boolean {
  try {
    ed25519.Point.fromBytes(bytes, true);
    return true;
  } catch {
    // The curve library says no by throwing.
    return false;
  }
}

/** Whether somebody can hold a key of this address: a canonical point of prime order, not zero. */
function isPublicKey(bytes: Bytes): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes);
    return !point.is0() && point.isTorsionFree();
  } catch {
    // Not a point, or an encoding that no key generation makes.
    return false;
  }
}

/**
 * The address of an Ed25519 public key (32 bytes): the key itself.
 * @throws INVALID_INPUT when the bytes are no public key
 */
export function addressOf(publicKey: Bytes): string {
  if (publicKey.length === ADDRESS_BYTES && isPublicKey(publicKey)) return formatAddress(publicKey);
  const hint = 'Give the 32 bytes of an Ed25519 public key.';
  throw invalidInput('publicKey', 'not a public key', hint);
}

/**
 * The canonical spelling of a wallet's address, which is the text itself.
 * @throws INVALID_INPUT for every other spelling, and for addresses of which nobody holds a key:
 * programs derive them, for token accounts and vaults for instance
 */
export function parseAddress(text: string, field = 'address'): string {
  const refused = (reason: string, hint: string): Error => invalidInput(field, reason, hint);
  if (/[^\x21-\x7e]/.test(text)) {
    const hint = 'Paste it again without spaces, invisible characters or look-alike letters.';
    throw refused('has a space or a character that is not ASCII', hint);
  }
  if (/^0x/i.test(text)) throw refused('begins with 0x, as addresses of EVM networks do', LIKE);
  const foreign = /[^1-9A-HJ-NP-Za-km-z]/.exec(text)?.[0];
  if (foreign !== undefined) {
    throw refused(`has the character ${foreign}, which base58 does not use`, LIKE);
  }
  const bytes = TEXT.test(text) ? base58.decode(text) : new Uint8Array(0);
  if (bytes.length !== ADDRESS_BYTES) {
    throw refused('does not stand for 32 bytes', 'Copy the whole address again.');
  }
  if (isPublicKey(bytes)) return text;
  const hint =
    'It was mistyped, or it belongs to a program: a token account or a vault, for instance. ' +
    'Give the address of the wallet itself.';
  throw refused('nobody holds a key of this address', hint);
}
