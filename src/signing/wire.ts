/**
 * Message bodies. A body is a fixed header and the fields of its round's layout, each of a size that
 * the layout knows: there is one spelling of every message, and nothing to skip or to repeat. What a
 * peer sent is either exactly that or malformed.
 */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import {
  ORDER,
  POINT_BYTES,
  type Point,
  SCALAR_BYTES,
  type Scalar,
  decodePoint,
  decodeScalar,
  encodePoint,
  encodePoints,
  encodeScalar,
  parseInteger,
} from './curve.ts';
import type { PartyId } from './kernel.ts';
import { DIGEST_BYTES } from './transcript.ts';

/** The codec of one field. `read` gets exactly `size` bytes and answers undefined to a bad spelling. */
export type Field<T> = {
  /** What the field is made of: one or several of these. */
  readonly element: 'bytes' | 'point' | 'scalar';
  /** The curve of its points or scalars, where it is not secp256k1. */
  readonly curve?: 'ed25519';
  readonly size: number;
  write(value: T): Bytes;
  read(bytes: Bytes): T | undefined;
};

/** The fields of one kind of message in their order. An empty layout means: no such message. */
export type Layout = { readonly [name: string]: Field<unknown> };

export type Values<L extends Layout> = {
  readonly [K in keyof L]: L[K] extends Field<infer T> ? T : never;
};

export const bytes = (size: number): Field<Bytes> => ({
  element: 'bytes',
  size,
  write(value) {
    if (value.length !== size) throw new RangeError(`this field has ${size} bytes`);
    return value;
  },
  read: (value) => Uint8Array.from(value),
});

export const point: Field<Point> = {
  element: 'point',
  size: POINT_BYTES,
  write: encodePoint,
  read: decodePoint,
};

export const scalar: Field<Scalar> = {
  element: 'scalar',
  size: SCALAR_BYTES,
  write: encodeScalar,
  read: decodeScalar,
};

export const points = (count: number): Field<readonly Point[]> => ({
  element: 'point',
  size: count * POINT_BYTES,
  write: (value) => concat(...encodePoints(value)),
  read(value) {
    const list: Point[] = [];
    for (let i = 0; i < count; i++) {
      const one = decodePoint(value.subarray(i * POINT_BYTES, (i + 1) * POINT_BYTES));
      if (one === undefined) return undefined;
      list.push(one);
    }
    return list;
  },
});

/** 32 bytes, big-endian, for each. */
export const packScalars = (list: readonly Scalar[]): Bytes => concat(...list.map(encodeScalar));

/** The opposite of `packScalars`. */
export const unpackScalars = (packed: Bytes): readonly Scalar[] =>
  Array.from({ length: packed.length / SCALAR_BYTES }, (_, i) =>
    parseInteger(packed.subarray(i * SCALAR_BYTES, (i + 1) * SCALAR_BYTES)),
  );

const ORDER_BYTES = encodeScalar(ORDER);

/** Whether the 32 bytes from `start` on spell a number between 1 and q - 1. */
function isScalar(packed: Bytes, start: number): boolean {
  let zero = 0;
  while (zero < SCALAR_BYTES && packed[start + zero] === 0) zero++;
  let equal = 0;
  while (equal < SCALAR_BYTES && packed[start + equal] === ORDER_BYTES[equal]) equal++;
  const isLess = (packed[start + equal] ?? 0) < (ORDER_BYTES[equal] ?? 0);
  return zero < SCALAR_BYTES && equal < SCALAR_BYTES && isLess;
}

/** Many scalars, which stay packed: they are hashed and computed with as one vector. */
export const scalars = (count: number): Field<Bytes> => ({
  element: 'scalar',
  size: count * SCALAR_BYTES,
  write(value) {
    if (value.length !== count * SCALAR_BYTES) throw new RangeError(`${count} scalars are packed`);
    return value;
  },
  read(value) {
    for (let start = 0; start < value.length; start += SCALAR_BYTES) {
      if (!isScalar(value, start)) return undefined;
    }
    return Uint8Array.from(value);
  },
});

/** What every body begins with. `to` is 0 in a broadcast; `scope` binds it to one session. */
export type Header = {
  readonly protocol: number;
  readonly round: number;
  readonly from: PartyId;
  readonly to: PartyId;
  readonly scope: Bytes;
};

const ADDRESS_BYTES = 6;
export const HEADER_BYTES = ADDRESS_BYTES + DIGEST_BYTES;
export const EVERYBODY: PartyId = 0;

function encodeAddress(header: Header): Bytes {
  const address = new Uint8Array(ADDRESS_BYTES);
  const view = new DataView(address.buffer);
  view.setUint8(0, header.protocol);
  view.setUint8(1, header.round);
  view.setUint16(2, header.from);
  view.setUint16(4, header.to);
  return address;
}

export const sizeOf = (layout: Layout): number =>
  Object.values(layout).reduce((size, field) => size + field.size, HEADER_BYTES);

export function encodeBody<L extends Layout>(layout: L, header: Header, values: Values<L>): Bytes {
  const fields = Object.entries(layout).map(([name, field]) => field.write(values[name]));
  return concat(encodeAddress(header), header.scope, ...fields);
}

/**
 * What a body says: its values, or why there are none. `foreign` is a body of another session - its
 * sender may have been given other nonces than this party - and proves nothing against the sender.
 */
export type Decoded<L extends Layout> =
  | { readonly kind: 'values'; readonly values: Values<L> }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'foreign' };

export function decodeBody<L extends Layout>(layout: L, header: Header, body: Bytes): Decoded<L> {
  if (body.length !== sizeOf(layout)) return { kind: 'malformed' };
  if (!equalBytes(body.subarray(0, ADDRESS_BYTES), encodeAddress(header))) {
    return { kind: 'malformed' };
  }
  if (!equalBytes(body.subarray(ADDRESS_BYTES, HEADER_BYTES), header.scope)) {
    return { kind: 'foreign' };
  }
  const values: Record<string, unknown> = {};
  let at = HEADER_BYTES;
  for (const [name, field] of Object.entries(layout)) {
    const value = field.read(body.subarray(at, at + field.size));
    if (value === undefined) return { kind: 'malformed' };
    values[name] = value;
    at += field.size;
  }
  return { kind: 'values', values: values as Values<L> };
}

/** Where a field's bytes lie in a body of this layout. */
export function placeOf(
  layout: Layout,
  name: string,
): { readonly start: number; readonly end: number } {
  let start = HEADER_BYTES;
  for (const [key, field] of Object.entries(layout)) {
    if (key === name) return { start, end: start + field.size };
    start += field.size;
  }
  throw new RangeError(`no field ${name}`);
}
