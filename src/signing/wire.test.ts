import { expect, test } from 'vitest';
import { type Bytes, concat, hex } from '#core/bytes.ts';
import { ORDER, encodePoint, encodeScalar, multiplyBase } from './curve.ts';
import {
  type Header,
  bytes,
  decodeBody,
  encodeBody,
  packScalars,
  placeOf,
  point,
  points,
  scalar,
  scalars,
  unpackScalars,
  sizeOf,
} from './wire.ts';

const LAYOUT = {
  salt: bytes(3),
  key: point,
  keys: points(2),
  share: scalar,
  shares: scalars(2),
} as const;
const scope = new Uint8Array(32).fill(9);
const header: Header = { protocol: 1, round: 2, from: 0x0304, to: 0x0506, scope };
const [a, b] = [multiplyBase(5n), multiplyBase(6n)];
const values = {
  salt: Uint8Array.of(7, 8, 9),
  key: a,
  keys: [b, a],
  share: 5n,
  shares: packScalars([6n, 7n]),
} as const;
const body = encodeBody(LAYOUT, header, values);

test('a body is protocol, round, sender, recipient, scope and the fields in their order', () => {
  const expected = concat(
    Uint8Array.of(1, 2, 3, 4, 5, 6),
    scope,
    values.salt,
    ...[a, b, a].map(encodePoint),
    ...[5n, 6n, 7n].map(encodeScalar),
  );
  expect(hex(body)).toBe(hex(expected));
  expect(sizeOf(LAYOUT)).toBe(body.length);
  expect(placeOf(LAYOUT, 'key')).toEqual({ start: 41, end: 74 });
});

test('a body decodes to what was encoded, from a view into a larger buffer too', () => {
  for (const view of [body, concat(Uint8Array.of(1), body).subarray(1)]) {
    const decoded = decodeBody(LAYOUT, header, view);
    if (decoded.kind !== 'values') throw new Error(decoded.kind);
    const { salt, key, keys, share, shares } = decoded.values;
    expect(salt).toEqual(values.salt);
    expect(key.equals(a) && keys[0]?.equals(b) && keys[1]?.equals(a)).toBe(true);
    expect(share).toBe(5n);
    expect(unpackScalars(shares)).toEqual([6n, 7n]);
    expect(hex(shares)).toBe(hex(values.shares));
  }
});

const put = (at: number, field: Bytes): Bytes =>
  concat(body.subarray(0, at), field, body.subarray(at + field.length));
const start = (name: keyof typeof LAYOUT): number => placeOf(LAYOUT, name).start;

test.each<[string, Bytes]>([
  ['no bytes', new Uint8Array(0)],
  ['a missing byte', body.subarray(0, -1)],
  ['a trailing byte', concat(body, Uint8Array.of(0))],
  ['another protocol', put(0, Uint8Array.of(0))],
  ['another round', put(1, Uint8Array.of(1))],
  ['another sender', put(2, Uint8Array.of(0))],
  ['another sender', put(3, Uint8Array.of(0))],
  ['another recipient', put(4, Uint8Array.of(0))],
  ['another recipient', put(5, Uint8Array.of(0))],
  ['a point that is none', put(start('key'), new Uint8Array(33))],
  ['a second point that is none', put(start('keys') + 33, Uint8Array.of(5))],
  ['a scalar of zero', put(start('share'), new Uint8Array(32))],
  ['a scalar of q', put(start('share'), encodeScalar(ORDER))],
  ['a second scalar of zero', put(start('shares') + 32, new Uint8Array(32))],
  ['a second scalar of q', put(start('shares') + 32, encodeScalar(ORDER))],
])('%s is malformed', (_, altered) => {
  expect(decodeBody(LAYOUT, header, altered).kind).toBe('malformed');
});

test.each([6, 37])('another scope, at byte %i, is of another session', (at) => {
  expect(decodeBody(LAYOUT, header, put(at, Uint8Array.of(0))).kind).toBe('foreign');
});

test('a field of the wrong size cannot be sent', () => {
  const short = { ...values, salt: Uint8Array.of(1) };
  expect(() => encodeBody(LAYOUT, header, short)).toThrow(/3 bytes/);
  expect(() => placeOf(LAYOUT, 'absent')).toThrow(/absent/);
});
