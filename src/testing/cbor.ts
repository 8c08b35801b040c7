/** Writes the CBOR (RFC 8949) that an authenticator sends: definite lengths, shortest heads. */
import { type Bytes, concat, utf8 } from '#core/bytes.ts';

export type Cbor = number | string | Bytes | ReadonlyMap<number | string, Cbor>;

/** Maps keep the order of their entries; the caller writes them in CTAP2's canonical order. */
export function encodeCbor(value: Cbor): Bytes {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return concat(head(3, utf8(value).length), utf8(value));
  if (value instanceof Uint8Array) return concat(head(2, value.length), value);
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<number | string, Cbor>)].flat();
    return concat(head(5, value.size), ...entries.map(encodeCbor));
  }
  throw new TypeError('no CBOR form');
}

function head(major: number, count: number): Bytes {
  const type = major << 5;
  if (count < 24) return Uint8Array.of(type | count);
  if (count < 0x100) return Uint8Array.of(type | 24, count);
  return Uint8Array.of(type | 25, count >> 8, count & 255);
}
