/**
 * Just enough CBOR (RFC 8949) to find where an item ends. Only definite lengths, as CTAP2's
 * canonical form prescribes.
 */
import type { Bytes } from '#core/bytes.ts';

const DEPTH_MAX = 4;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_ARRAY = 4;
const MAJOR_MAP = 5;
const MAJOR_TAG = 6;
const MAJOR_SIMPLE = 7;

export const isMap = (head: number | undefined): boolean => (head ?? 0) >> 5 === MAJOR_MAP;

/** The offset behind the item that begins at `start`; `undefined` where there is no whole item. */
export function endOfItem(bytes: Bytes, start: number, depth = 0): number | undefined {
  const head = bytes[start];
  if (head === undefined || depth > DEPTH_MAX) return undefined;
  const major = head >> 5;
  const size = [1, 2, 4, 8][(head & 31) - 24] ?? 0;
  if ((head & 31) > 27 || size === 8 || major === MAJOR_TAG) return undefined;
  let at = start + 1 + size;
  if (at > bytes.length) return undefined;
  if (major < MAJOR_BYTES || major === MAJOR_SIMPLE) return at;
  const count = size === 0 ? head & 31 : numberAt(bytes.subarray(start + 1, at));
  if (major === MAJOR_BYTES || major === MAJOR_TEXT) {
    return at + count <= bytes.length ? at + count : undefined;
  }
  const items = major === MAJOR_ARRAY ? count : 2 * count;
  for (let item = 0; item < items; item++) {
    const end = endOfItem(bytes, at, depth + 1);
    if (end === undefined) return undefined;
    at = end;
  }
  return at;
}

const numberAt = (bytes: Bytes): number => bytes.reduce((value, byte) => value * 256 + byte, 0);
