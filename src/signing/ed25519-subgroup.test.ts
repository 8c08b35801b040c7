import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasPrimeOrder } from './ed25519-subgroup.ts';

const { BASE, ZERO, Fn } = ed25519.Point;
/** y of a point of order eight. */
const TORSION = ed25519.Point.fromHex(
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
);

/** The eight points of small order, the identity first. */
const SMALL = Array.from({ length: 7 }).reduce<(typeof BASE)[]>(
  (list) => [...list, (list.at(-1) as typeof BASE).add(TORSION)],
  [ZERO],
);

const scalar = fc.bigInt({ min: 1n, max: Fn.ORDER - 1n });

test('a multiple of the base point has prime order, and with any torsion it has not', () => {
  fc.assert(
    fc.property(scalar, (k) => {
      const point = BASE.multiplyUnsafe(k);
      for (const [index, small] of SMALL.entries()) {
        expect(hasPrimeOrder(point.add(small))).toBe(index === 0);
      }
    }),
    { numRuns: 40 },
  );
});

test('small multiples of the base point and their negatives have prime order', () => {
  let point = BASE;
  for (let k = 1; k < 200; k++) {
    expect(hasPrimeOrder(point)).toBe(true);
    expect(hasPrimeOrder(point.negate())).toBe(true);
    point = point.add(BASE);
  }
});

test('no point of small order has prime order, nor has the identity', () => {
  expect(SMALL).toHaveLength(8);
  for (const small of SMALL) expect(hasPrimeOrder(small)).toBe(false);
});

test('every encoding of a point is judged as a multiplication with the order judges it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      let point: typeof BASE;
      try {
        point = ed25519.Point.fromBytes(bytes);
      } catch {
        // Half of all y-coordinates have no point.
        return;
      }
      expect(hasPrimeOrder(point)).toBe(point.isTorsionFree() && !point.is0());
    }),
    { numRuns: 150 },
  );
});
