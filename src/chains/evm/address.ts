/**
 * EVM addresses: the last 20 bytes of the Keccak-256 of the uncompressed public key, written with
 * EIP-55's checksum. That spelling is canonical and the only one accepted: in lower case a single
 * wrong digit is another valid address, and nobody would notice.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type Bytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { keccak256 } from '#core/hashing.ts';

const ADDRESS_BYTES = 20;
const PREFIXED = /^0x[0-9a-fA-F]{40}$/;
/** ICAP (an IBAN of the country XE) was an early proposal; mixing it up loses funds. */
const ICAP = /^XE\d{2}[0-9A-Z]+$/i;
const LIKE = 'Write it like 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed.';

/** EIP-55: a letter is upper case where the same digit of the lower-case text's hash is 8 or more. */
export function formatAddress(bytes: Bytes): string {
  if (bytes.length !== ADDRESS_BYTES) throw new RangeError('an address has 20 bytes');
  const lower = hex(bytes);
  const digest = hex(keccak256(utf8(lower)));
  const letter = (digit: string, i: number): string =>
    Number.parseInt(digest[i] as string, 16) >= 8 ? digit.toUpperCase() : digit;
  return `0x${Array.from(lower, letter).join('')}`;
}

/** The 20 bytes of an address that was parsed or formatted here before. */
export const addressBytes = (address: string): Bytes => parseHex(address.slice(2).toLowerCase());

/**
 * The address of a compressed public key (33 bytes).
 * @throws INVALID_INPUT when the bytes are no point of the curve
 */
export function addressOf(publicKey: Bytes): string {
  return formatAddress(keccak256(uncompressed(publicKey).subarray(1)).subarray(-ADDRESS_BYTES));
}

function uncompressed(publicKey: Bytes): Bytes {
  try {
    if (publicKey.length === 33) return secp256k1.Point.fromBytes(publicKey).toBytes(false);
  } catch {
    // The curve library says in its own words what is wrong; the caller's error names the field.
  }
  const hint = 'Give the 33 bytes of a compressed secp256k1 point.';
  throw invalidInput('publicKey', 'not a public key', hint);
}

/**
 * The canonical spelling of an address, which is the text itself.
 * @throws INVALID_INPUT for every other spelling, for a wrong checksum, and for the zero address
 */
export function parseAddress(text: string, field = 'address'): string {
  const refused = (reason: string, hint: string): Error => invalidInput(field, reason, hint);
  if (/[^\x21-\x7e]/.test(text)) {
    const hint = 'Paste it again without spaces, invisible characters or look-alike letters.';
    throw refused('has a space or a character that is not ASCII', hint);
  }
  if (ICAP.test(text))
    throw refused('an ICAP address', 'Give the plain address that begins with 0x.');
  if (!text.startsWith('0x')) throw refused('does not begin with 0x', LIKE);
  if (!PREFIXED.test(text)) {
    if (/^0x[0-9a-fA-F]*$/.test(text)) {
      throw refused(`has ${text.length - 2} digits after 0x, not 40`, 'Copy the whole address.');
    }
    throw refused('has a character that is not a hexadecimal digit', LIKE);
  }
  const digits = text.slice(2);
  const canonical = formatAddress(addressBytes(text));
  if (/^0+$/.test(digits)) {
    throw refused('the zero address', 'What is sent there is lost. Give the address of a person.');
  }
  if (text === canonical) return canonical;
  if (digits === digits.toLowerCase() || digits === digits.toUpperCase()) {
    const hint = `Compare every digit with your source; if all agree, write ${canonical}.`;
    throw refused('has no checksum (EIP-55: letters in mixed case)', hint);
  }
  const hint = 'At least one character is wrong: copy the address again from its source.';
  throw refused('wrong checksum (EIP-55)', hint);
}
