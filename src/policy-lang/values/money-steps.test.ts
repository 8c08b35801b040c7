import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Order } from '#policy-lang/checking/condition.ts';
import { holds } from '#policy-lang/deciding/plan-atom.ts';
import { fuzz } from '#testing/policy-fixtures.ts';
import { type Exact, compare } from './exact.ts';
import { STEPS_MAX, rangeOf, stepsOf, within, worthInSteps } from './money-steps.ts';

const ORDERS: readonly Order[] = ['>', '>=', '<', '<='];

const isIn = (value: Exact, order: Order, limit: Exact): boolean | undefined => {
  const range = rangeOf(order, limit);
  if (range === undefined) return undefined;
  const steps = stepsOf(value.scaled, value.scale);
  return steps >= (range.least ?? -Infinity) && steps <= (range.most ?? Infinity);
};

test.each<[string, bigint, number, number]>([
  ['nothing', 0n, 8, 0],
  ['less than a cent', 1n, 20, 1],
  ['a cent', 10n ** 18n, 20, 2],
  ['a whole dollar without digits', 1n, 0, 200],
  ['the last that is counted', (2n ** 52n - 2n) * 10n + 9n, 3, 2 ** 53 - 3],
  ['the first that is not', (2n ** 52n - 1n) * 10n, 3, STEPS_MAX],
  ['more than any token has', 2n ** 256n * 10n ** 18n, 2, STEPS_MAX],
])('steps of %s', (_, scaled, scale, steps) => {
  expect(stepsOf(scaled, scale)).toBe(steps);
});

test.each<[string, Exact]>([
  ['between two cents', { scaled: 1n, scale: 3 }],
  ['beyond what is counted', { scaled: 2n ** 52n - 1n, scale: 2 }],
])('a limit %s has no range', (_, limit) => {
  expect(ORDERS.map((order) => rangeOf(order, limit))).toEqual(
    [...ORDERS].fill(undefined as never),
  );
});

test('two ranges admit together what both admit', () => {
  expect(within({ least: 3 }, { most: 9 })).toEqual({ least: 3, most: 9 });
  expect(within({ least: 3, most: 9 }, { least: 5 })).toEqual({ least: 5, most: 9 });
  expect(within({}, {})).toEqual({});
});

/** Cents near zero, near the borders of words and near the largest that is counted. */
const cents = fc
  .tuple(
    fc.constantFrom(0n, 1_000_000n, 2n ** 30n, 2n ** 31n, 2n ** 32n, 2n ** 52n - 2n),
    fc.nat(4),
  )
  .map(([around, more]) => (around >= 2n ? around - 2n : around) + BigInt(more));
const scale = fc.integer({ min: 2, max: 24 });

test('a value stands to a limit as its steps do', () => {
  fc.assert(
    fc.property(cents, cents, scale, fc.integer({ min: -1, max: 1 }), (near, at, digits, off) => {
      const scaled = near * 10n ** BigInt(digits - 2) + BigInt(off);
      const value = { scaled: scaled < 0n ? 0n : scaled, scale: digits };
      const limit = { scaled: at, scale: 2 };
      for (const order of ORDERS) {
        const found = isIn(value, order, limit);
        if (found !== undefined) expect(found).toBe(holds(compare(value, limit), order));
      }
    }),
    fuzz(400),
  );
});

/** Near every border of what numbers hold: no cents, single ones, and the largest that are counted. */
const units = fc
  .tuple(
    fc.constantFrom(
      0n,
      10n ** 6n,
      2n ** 31n,
      10n ** 15n,
      2n ** 52n,
      2n ** 53n,
      10n ** 18n,
      2n ** 64n,
    ),
    fc.bigInt(-3n, 3n),
  )
  .map(([around, more]) => (around + more < 0n ? 0n : around + more));

test('what units are worth is the same number of steps whether numbers hold it or not', () => {
  fc.assert(
    fc.property(
      fc.oneof(units, fc.bigInt(0n, 2n ** 60n)),
      fc.oneof(units, fc.bigInt(1n, 10n ** 9n)),
      fc.nat(18),
      fc.nat(18),
      (amount, scaled, decimals, scale) => {
        expect(worthInSteps(amount, decimals, { currency: 'USD', scaled, scale })).toBe(
          stepsOf(amount * scaled, decimals + scale),
        );
      },
    ),
    fuzz(2_000),
  );
});

test.each<[string, bigint, number, bigint]>([
  ['the last value that numbers hold', 2n ** 52n - 2n, 2, 1n],
  ['the first that they do not', 2n ** 52n - 1n, 2, 1n],
  ['a quotient that is rounded up to the next cent', 4_503_599_627_370_495n, 15, 1n],
  ['a product that no number holds', 94_906_267n, 2, 94_906_267n],
])('%s is counted exactly', (_, amount, decimals, scaled) => {
  expect(worthInSteps(amount, decimals, { currency: 'USD', scaled, scale: 0 })).toBe(
    stepsOf(amount * scaled, decimals),
  );
});
