/** Addresses as family and bytes (semantics 8), as the reference interpreter reads them. */
import { sha256 } from '#core/hashing.ts';

/** `evm`, `solana` or `bitcoin`, and the bytes in hex; undefined for what is no address. */
export function familyAndBytes(text: string): string | undefined {
  if (/^0x[0-9a-f]{40}$/i.test(text)) return `evm ${text.slice(2).toLowerCase()}`;
  const witness = witnessProgram(text);
  if (witness !== undefined) return `bitcoin ${witness}`;
  const bytes = fromBase58(text);
  if (bytes === undefined) return undefined;
  if (bytes.length === 32) return `solana ${hexOf(bytes)}`;
  return isBitcoin(bytes) ? `bitcoin ${hexOf(bytes)}` : undefined;
}

/** An address of a checked policy, `FAMILY:ADDRESS`, in the same form. */
export function bytesOfKey(key: string): string | undefined {
  const [family, rest = ''] = key.split(':');
  return familyAndBytes(family === 'evm' ? `0x${rest}` : rest);
}

const hexOf = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');

const DIGITS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Each leading 1 is a zero byte; the rest is one number in base 58. */
function fromBase58(text: string): readonly number[] | undefined {
  if (text.length < 26 || text.length > 44) return undefined;
  const bytes: number[] = [];
  for (const letter of text) {
    let carry = DIGITS.indexOf(letter);
    if (carry < 0) return undefined;
    for (const [place, byte] of bytes.entries()) {
      carry += byte * 58;
      bytes[place] = carry % 256;
      carry = Math.floor(carry / 256);
    }
    for (; carry > 0; carry = Math.floor(carry / 256)) bytes.push(carry % 256);
  }
  const zeros = text.length - text.replace(/^1+/, '').length;
  return [...Array.from({ length: zeros }, () => 0), ...bytes.toReversed()];
}

/** Base58Check: one byte of a known kind, 20 bytes, and four of their double SHA-256. */
function isBitcoin(bytes: readonly number[]): boolean {
  const content = Uint8Array.from(bytes.slice(0, 21));
  const checksum = [...sha256(sha256(content))].slice(0, 4);
  const isKnownKind = [0x00, 0x05, 0x6f, 0xc4].some((kind) => kind === bytes[0]);
  return bytes.length === 25 && isKnownKind && hexOf(checksum) === hexOf(bytes.slice(21));
}

const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const POLYNOMIAL = [0x3b6a57b2n, 0x26508e6dn, 0x1ea119fan, 0x3d4233ddn, 0x2a1462b3n];

/** BIP-173 and BIP-350: network, version and program of a Bech32 address in hex. */
function witnessProgram(text: string): string | undefined {
  const lower = text.toLowerCase();
  const [, network = '', data = ''] = /^(bc|tb|bcrt)1([02-9ac-hj-np-z]{8,87})$/.exec(lower) ?? [];
  if (data === '' || (text !== lower && text !== text.toUpperCase())) return undefined;
  const values = [...data].map((letter) => LETTERS.indexOf(letter));
  const [version = 0, ...program] = values.slice(0, -6);
  if (checksumOf(network, values) !== (version === 0 ? 1n : 0x2bc830a3n)) return undefined;
  const bits = program.map((value) => value.toString(2).padStart(5, '0')).join('');
  const padding = bits.slice(bits.length - (bits.length % 8));
  const length = (bits.length - padding.length) / 8;
  const isLong = version === 0 ? length === 20 || length === 32 : length >= 2 && length <= 40;
  if (version > 16 || padding.length > 4 || padding.includes('1') || !isLong) return undefined;
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return `${network} ${version} ${hexOf(bytes)}`;
}

function checksumOf(network: string, data: readonly number[]): bigint {
  const codes = [...network].map((letter) => letter.charCodeAt(0));
  const all = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...data];
  return all.reduce((sum, value) => {
    const shifted = ((sum & 0x1ffffffn) << 5n) ^ BigInt(value);
    return POLYNOMIAL.reduce(
      (result, term, bit) => (((sum >> 25n) >> BigInt(bit)) & 1n ? result ^ term : result),
      shifted,
    );
  }, 1n);
}
