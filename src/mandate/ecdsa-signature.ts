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
