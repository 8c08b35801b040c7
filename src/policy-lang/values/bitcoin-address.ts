/**
 * Bitcoin addresses: base58 with a checksum (P2PKH, P2SH) and Bech32 (segregated witness: BIP-173 for
 * version 0, Bech32m of BIP-350 for later ones), of the main network, of test networks and of regtest.
 */
import { sha256 } from '#core/hashing.ts';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
/** P2PKH and P2SH of the main network, then of the test networks. */
const VERSIONS = new Set([0x00, 0x05, 0x6f, 0xc4]);
const SHAPE = /^(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{8,87}$/;

/** Whether a text is meant to be a Bech32 address, right or wrong. */
export const looksLikeBech32 = (text: string): boolean => SHAPE.test(text.toLowerCase());

/** What is wrong with an address, or undefined when it is sound. */
export function bitcoinFault(text: string): string | undefined {
  if (looksLikeBech32(text)) return bech32Fault(text);
  const bytes = /^[1-9A-HJ-NP-Za-km-z]{26,35}$/.test(text) ? base58Bytes(text) : undefined;
  if (bytes === undefined) return 'is neither base58 nor Bech32';
  if (bytes.length !== 25) return 'does not stand for 25 bytes';
  const checksum = sha256(sha256(bytes.subarray(0, 21))).subarray(0, 4);
  if (!checksum.every((byte, index) => byte === bytes[21 + index])) {
    return 'has a wrong checksum: a letter was mistyped';
  }
  return VERSIONS.has(bytes[0] ?? -1) ? undefined : 'is of an unknown kind';
}

/** Each leading 1 is a zero byte. */
function base58Bytes(text: string): Uint8Array {
  let value = 0n;
  for (const letter of text) value = value * 58n + BigInt(BASE58.indexOf(letter));
  const zeros = (/^1*/.exec(text) as RegExpExecArray)[0].length;
  const digits = value === 0n ? '' : value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = even.match(/../g) ?? [];
  return Uint8Array.from([
    ...Array.from({ length: zeros }, () => 0),
    ...bytes.map((byte) => Number.parseInt(byte, 16)),
  ]);
}

const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** BIP-173, "Checksum". */
function polymod(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if ((top >>> bit) & 1) sum ^= generator;
  }
  return sum >>> 0;
}

/** What the checksum of a sound address comes to: of version 0, and of later ones (BIP-350). */
const BECH32_SUM = 1;
const BECH32M_SUM = 0x2bc830a3;

function bech32Fault(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return 'mixes small letters and capitals';
  const [prefix = ''] = lower.split('1');
  const letters = [...prefix].map((letter) => letter.charCodeAt(0));
  const data = Array.from(lower.slice(prefix.length + 1), (letter) => BECH32.indexOf(letter));
  const sum = polymod([
    ...letters.map((code) => code >> 5),
    0,
    ...letters.map((code) => code & 31),
    ...data,
  ]);
  const [version = 0, ...rest] = data.slice(0, -6);
  if (sum !== (version === 0 ? BECH32_SUM : BECH32M_SUM)) {
    return 'has a wrong checksum: a letter was mistyped';
  }
  const bytes = Math.floor((rest.length * 5) / 8);
  const padding = (rest.length * 5) % 8;
  const last = rest.at(-1) ?? 0;
  if (version > 16 || padding > 4 || (last & ((1 << padding) - 1)) !== 0) return 'is malformed';
  const fits = version === 0 ? bytes === 20 || bytes === 32 : bytes >= 2 && bytes <= 40;
  return fits ? undefined : 'has a wrong length';
}
