import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHex } from '#core/bytes.ts';
import {
  IDENTITY,
  ORDER,
  decodePoint,
  decodeScalar,
  encodePoint,
  encodePoints,
  encodeScalar,
  evaluateInExponent,
  evaluatePolynomial,
  invertPublic,
  lagrange,
  mod,
  multiply,
  multiplyBase,
  multiplyBasePublic,
  multiplyPublic,
  randomScalar,
  verifyEcdsa,
} from './curve.ts';
import { seededRandom } from './simulator.ts';

const random = seededRandom('curve.test');
const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const P = secp256k1.Point.Fp.ORDER;
const { x, y } = secp256k1.Point.BASE.toAffine();
const X = word(x);
const uncompressed = (prefix: string, ordinate: bigint): string => `${prefix}${X}${word(ordinate)}`;

test.each([
  ['nothing', ''],
  ['the identity of SEC 1', '00'],
  ['33 zeros', '00'.repeat(33)],
  ['an uncompressed point', uncompressed('04', y)],
  ['an uncompressed point that is not on the curve', uncompressed('04', y + 1n)],
  ['a hybrid point', uncompressed('06', y)],
  ['prefix 00', `00${X}`],
  ['prefix 01', `01${X}`],
  ['prefix 04 on 33 bytes', `04${X}`],
  ['prefix 05', `05${X}`],
  ['prefix 06', `06${X}`],
  ['an x without a point', `02${word(5n)}`],
  ['x = p', `02${word(P)}`],
  ['x = p + 1, which is a point modulo p', `02${word(P + 1n)}`],
  ['a missing byte', `02${X.slice(2)}`],
  ['a trailing byte', `02${X}00`],
])('decodePoint refuses %s', (_, text) => {
  expect(decodePoint(parseHex(text))).toBeUndefined();
});

test.each([
  ['zero', word(0n)],
  ['q', word(ORDER)],
  ['q + 1', word(ORDER + 1n)],
  ['2^256 - 1', word(2n ** 256n - 1n)],
  ['33 bytes', `00${word(1n)}`],
  ['31 bytes', word(1n).slice(2)],
  ['nothing', ''],
])('decodeScalar refuses %s', (_, text) => {
  expect(decodeScalar(parseHex(text))).toBeUndefined();
});

const scalars = fc.bigInt({ min: 1n, max: ORDER - 1n });

test('scalars and points survive their encoding', () => {
  fc.assert(
    fc.property(scalars, (scalar) => {
      expect(decodeScalar(encodeScalar(scalar))).toBe(scalar);
      const point = multiplyBase(scalar);
      expect(decodePoint(encodePoint(point))?.equals(point)).toBe(true);
      expect(encodePoints([point, IDENTITY])).toEqual([encodePoint(point), new Uint8Array(33)]);
    }),
    { numRuns: 20 },
  );
});

test('every multiplication gives the same point', () => {
  const point = multiplyBase(randomScalar(random));
  for (const scalar of [1n, 2n, ORDER - 1n, randomScalar(random)]) {
    const expected = multiplyPublic(point, scalar);
    expect(multiply(point, scalar).equals(expected)).toBe(true);
    expect(multiplyBase(scalar).equals(multiplyBasePublic(scalar))).toBe(true);
  }
  expect(multiply(point, 0n).is0() && multiplyBase(0n).is0()).toBe(true);
  expect(multiply(IDENTITY, 5n).is0()).toBe(true);
});

test('randomScalar draws again for what is not below q', () => {
  const draws = [new Uint8Array(32).fill(0xff), new Uint8Array(32), encodeScalar(7n)];
  expect(randomScalar(() => draws.shift() as Uint8Array)).toBe(7n);
});

test('any t points of a polynomial interpolate to its constant term', () => {
  const polynomial = [randomScalar(random), randomScalar(random), randomScalar(random)];
  const commitments = polynomial.map(multiplyBase);
  for (const set of [
    [1, 2, 3],
    [2, 4, 5],
    [1, 3, 65_535],
  ]) {
    const terms = set.map((i) => lagrange(i, set) * evaluatePolynomial(polynomial, i));
    expect(mod(terms.reduce((sum, term) => sum + term))).toBe(polynomial[0]);
    for (const i of set) {
      const point = multiplyBase(evaluatePolynomial(polynomial, i));
      expect(evaluateInExponent(commitments, i).equals(point)).toBe(true);
    }
  }
});

test('mod and its inverse stay in range', () => {
  fc.assert(
    fc.property(scalars, (scalar) => {
      expect(mod(scalar - ORDER)).toBe(scalar);
      expect(mod(invertPublic(scalar) * scalar)).toBe(1n);
    }),
    { numRuns: 50 },
  );
});

test('verifyEcdsa takes a low-s signature over the digest and no other', () => {
  const secret = encodeScalar(randomScalar(random));
  const publicKey = secp256k1.getPublicKey(secret);
  const digest = random(32);
  const signature = secp256k1.sign(digest, secret, { prehash: false });
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  expect(verifyEcdsa(r, s, digest, publicKey)).toBe(true);
  const high = encodeScalar(ORDER - BigInt(`0x${Buffer.from(s).toString('hex')}`));
  expect(verifyEcdsa(r, high, digest, publicKey)).toBe(false);
  expect(verifyEcdsa(r, s, random(32), publicKey)).toBe(false);
  expect(verifyEcdsa(r, new Uint8Array(32), digest, publicKey)).toBe(false);
  expect(verifyEcdsa(new Uint8Array(32).fill(255), s, digest, publicKey)).toBe(false);
  expect(verifyEcdsa(r, s, digest, new Uint8Array(33))).toBe(false);
});
