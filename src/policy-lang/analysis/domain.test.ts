import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '#testing/policy-fixtures.ts';
import { type Domain, intersect, isApart, isWithin, range } from './domain.ts';

const VALUES = ['a', 'b', 'c', 'd'];
const NUMBERS = [-3n, -2n, -1n, 0n, 1n, 2n, 3n];

const sets = fc
  .tuple(fc.constantFrom('in' as const, 'out' as const), fc.subarray(VALUES))
  .filter(([kind, values]) => kind === 'out' || values.length > 0)
  .map(([kind, values]): Domain => ({ kind, values: new Set(values) }));
const bound = fc.option(fc.constantFrom(-1n, 0n, 1n), { nil: undefined });
const ranges = fc
  .tuple(bound, bound)
  .filter(([low, high]) => low === undefined || high === undefined || low <= high)
  .map(([low, high]): Domain => range(low, high));

const holds = (domain: Domain, value: string | bigint): boolean =>
  domain.kind === 'range'
    ? typeof value === 'bigint' &&
      !(value < (domain.low ?? value) || value > (domain.high ?? value))
    : domain.values.has(String(value)) === (domain.kind === 'in');

/** "e" and the outer numbers stand for all that nobody names. */
function agrees(left: Domain, right: Domain): void {
  const all = left.kind === 'range' ? NUMBERS : [...VALUES, 'e'];
  const [own, other] = [left, right].map((one) => all.filter((value) => holds(one, value)));
  const both = all.filter((value) => holds(left, value) && holds(right, value));
  const met = intersect(left, right);
  expect(met === undefined ? [] : all.filter((value) => holds(met, value))).toEqual(both);
  expect(isApart(left, right)).toBe(both.length === 0);
  expect(isWithin(left, right)).toBe((own ?? []).every((value) => other?.includes(value)));
}

test('sets are compared as all their values are', () => {
  fc.assert(fc.property(sets, sets, agrees), fuzz(300));
});

test('ranges are compared as all their numbers are', () => {
  fc.assert(fc.property(ranges, ranges, agrees), fuzz(300));
});
