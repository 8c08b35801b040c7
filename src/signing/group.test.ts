import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { ORDER, encodeScalar } from './curve.ts';
import { GROUP, type Group, chooseGroup } from './group.ts';
import { nobleGroup } from './noble-group.ts';
import { seededRandom } from './simulator.ts';

const random = seededRandom('group.test');
const BUILT = ['linux-x64', 'darwin-arm64', 'win32-x64'];
const hasBuild = BUILT.includes(`${process.platform}-${process.arch}`);

test('a platform with a build of libsecp256k1 uses it, and one without uses noble', async () => {
  expect(GROUP.name).toBe(hasBuild ? 'libsecp256k1' : 'noble');
  const group = await chooseGroup(() => Promise.reject(new Error('No native build was found')));
  expect(group).toBe(nobleGroup);
});

test('the fallback of the package, which is not constant-time, is never loaded', () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  expect(loaded.some((path) => path.endsWith('secp256k1/bindings.js'))).toBe(true);
  expect(loaded.filter((path) => /\/elliptic(?:\/|\.js$)/.test(path))).toEqual([]);
});

const EDGES = [
  1n,
  2n,
  3n,
  255n,
  2n ** 128n,
  ORDER >> 1n,
  (ORDER >> 1n) + 1n,
  ORDER - 2n,
  ORDER - 1n,
];
const scalars = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.bigInt({ min: 1n, max: 2n ** 64n }),
  fc.bigInt({ min: 1n, max: ORDER - 1n }),
);
const points = scalars.map((scalar) => nobleGroup.multiplyBase(encodeScalar(scalar)));

const expectSame = (compute: (group: Group) => Bytes | boolean | undefined): void =>
  expect(compute(GROUP)).toEqual(compute(nobleGroup));

test('every product is the one that noble computes, the edges of the range included', () => {
  for (const edge of EDGES.map(encodeScalar)) {
    expectSame((group) => group.multiplyBase(edge));
    expectSame((group) => group.multiply(nobleGroup.multiplyBase(encodeScalar(7n)), edge));
    expectSame((group) => group.multiplyPublic(nobleGroup.multiplyBase(encodeScalar(7n)), edge));
  }
  fc.assert(
    fc.property(points, scalars.map(encodeScalar), (point, scalar) => {
      expectSame((group) => group.multiplyBase(scalar));
      expectSame((group) => group.multiply(point, scalar));
      expectSame((group) => group.multiplyPublic(point, scalar));
    }),
    { numRuns: 50 },
  );
});

test('sums and opposites are the ones that noble computes, up to the identity', () => {
  fc.assert(
    fc.property(fc.array(points, { minLength: 1, maxLength: 4 }), (terms) => {
      const first = terms[0] as Bytes;
      expectSame((group) => group.add(terms));
      expectSame((group) => group.add([...terms, first]));
      expectSame((group) => group.negate(first));
      expect(GROUP.add([first, GROUP.negate(first)])).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test('the same bytes are points', () => {
  const bytes = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7), fc.bigInt(0n, 2n ** 256n - 1n));
  fc.assert(
    fc.property(bytes, ([prefix, x]) => {
      const spelled = parseHex(`0${prefix}${x.toString(16).padStart(64, '0')}`);
      expectSame((group) => group.decompress(spelled));
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(points, fc.constantFrom(2, 3), (point, prefix) => {
      const compressed = Uint8Array.of(prefix, ...point.subarray(1, 33));
      expectSame((group) => group.decompress(compressed));
    }),
    { numRuns: 50 },
  );
});

test('a blinded product is the same product', () => {
  const scalar = encodeScalar(11n);
  const before = GROUP.multiplyBase(scalar);
  GROUP.blind(random(32));
  expect(hex(GROUP.multiplyBase(scalar))).toBe(hex(before));
});
