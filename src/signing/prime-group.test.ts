import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { parseHex } from '#core/bytes.ts';
import { lagrange } from '#signing/curve.ts';
import { seededRandom } from '#signing/simulator.ts';
import { groupPointOrIdentity, groupPoints, groupScalarOrZero } from './prime-group-wire.ts';
import {
  ED25519,
  type Element,
  type PrimeGroup,
  SECP256K1,
  coefficientAtZero,
  evaluate,
  evaluatePublic,
  interpolatePublic,
  randomScalar,
} from './prime-group.ts';

function describeGroup<P extends Element<P>>(group: PrimeGroup<P>): void {
  describe(group.name, () => {
    const random = seededRandom(`group.test/${group.name}`);
    const polynomial = [0, 1, 2].map(() => randomScalar(group, random));
    const coefficients = polynomial.map((one) => group.multiplyBase(one));

    test('elements and scalars survive their encoding', () => {
      for (const element of coefficients) {
        const decoded = group.decodePoint(group.encodePoint(element)) as P;
        expect(decoded.equals(element)).toBe(true);
      }
      for (const scalar of [1n, group.order - 1n, ...polynomial]) {
        expect(group.decodeScalar(group.encodeScalar(scalar))).toBe(scalar);
      }
    });

    test('a scalar of zero, of the order or of another length is refused', () => {
      expect(group.decodeScalar(new Uint8Array(32))).toBeUndefined();
      expect(group.decodeScalar(group.encodeScalar(group.order))).toBeUndefined();
      expect(group.decodeScalar(new Uint8Array(31).fill(1))).toBeUndefined();
      expect(group.decodeScalar(new Uint8Array(33).fill(1))).toBeUndefined();
    });

    test('values in the exponent are those of the polynomial, and interpolate to its constant', () => {
      const values = new Map(
        [2, 5, 9].map((index) => [index, evaluatePublic(group, coefficients, index)]),
      );
      for (const [index, value] of values) {
        expect(value.equals(group.multiplyBase(evaluate(group, polynomial, index)))).toBe(true);
      }
      expect(interpolatePublic(group, values).equals(coefficients[0] as P)).toBe(true);
    });

    test('the fields of messages have one spelling for nothing', () => {
      const [point, share] = [groupPointOrIdentity(group), groupScalarOrZero(group)];
      expect(point.write(group.identity)).toEqual(new Uint8Array(group.pointBytes));
      expect(point.read(new Uint8Array(group.pointBytes))?.is0()).toBe(true);
      expect(share.read(share.write(0n))).toBe(0n);
      expect(groupPoints(group, 1).read(new Uint8Array(group.pointBytes))).toBeUndefined();
    });

    test('the identity has no encoding as an element', () => {
      expect(group.decodePoint(group.encodePoint(group.identity))).toBeUndefined();
      expect(group.decodePoint(new Uint8Array(group.pointBytes - 1))).toBeUndefined();
    });
  });
}

describeGroup(SECP256K1);
describeGroup(ED25519);

test('the coefficients are those of the signing protocols', () => {
  for (const index of [1, 4, 7]) {
    expect(coefficientAtZero(SECP256K1, index, [1, 4, 7])).toBe(lagrange(index, [1, 4, 7]));
  }
});

test.each([
  ['of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['of order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['of order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['not reduced', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['the identity with a sign', '0100000000000000000000000000000000000000000000000000000000000080'],
])('an Ed25519 point %s is refused', (_, bytes) => {
  expect(ED25519.decodePoint(parseHex(bytes))).toBeUndefined();
});

test('an Ed25519 point with a component of small order is refused', () => {
  const small = ed25519.Point.fromHex(
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  );
  expect(ED25519.decodePoint(ed25519.Point.BASE.add(small).toBytes())).toBeUndefined();
});
