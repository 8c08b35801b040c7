/** The DER form of an ECDSA signature over a 256-bit curve (RFC 3279 section 2.2.3, X.690). */
import { type Bytes, concat } from '#core/bytes.ts';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const SIZE = 32;

/**
 * `r | s`, 32 bytes each. The parser is strict - one signature has one DER form: short lengths, no
 * spare leading zero, no negative number, nothing behind the end. `undefined` for anything else.
 */
export function parseEcdsaSignature(der: Bytes): Bytes | undefined {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return undefined;
  const r = readInteger(der, 2);
  const s = r && readInteger(der, r.end);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  return concat(r.value, s.value);
}

/** The DER form of `r | s`, 32 bytes each, which WebCrypto gives. */
export function formatEcdsaSignature(compact: Bytes): Bytes {
  const integers = concat(writeInteger(compact.slice(0, SIZE)), writeInteger(compact.slice(SIZE)));
  return concat(Uint8Array.of(SEQUENCE, integers.length), integers);
}

function writeInteger(value: Bytes): Bytes {
  const start = value.findIndex((byte) => byte !== 0);
  const digits = value.slice(start === -1 ? SIZE - 1 : start);
  const padded = (digits[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits;
  return concat(Uint8Array.of(INTEGER, padded.length), padded);
}

function readInteger(der: Bytes, start: number): { value: Bytes; end: number } | undefined {
  const size = der[start + 1] ?? 0;
  const end = start + 2 + size;
  const digits = der.slice(start + 2, end);
  const [first = 0x80, second = 0] = digits;
  if (der[start] !== INTEGER || first >= 0x80) return undefined;
  if (first === 0 && size > 1 && second < 0x80) return undefined;
  const significant = first === 0 ? digits.subarray(1) : digits;
  if (significant.length > SIZE) return undefined;
  return { value: concat(new Uint8Array(SIZE - significant.length), significant), end };
}
