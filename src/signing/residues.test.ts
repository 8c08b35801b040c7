import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ORDER, mod } from './curve.ts';
import { type Lanes, residues } from './residues.ts';

const COUNT = 259;
const BITS_MAX = 2n ** 256n - 1n;
const PRODUCT_MAX = 2n ** 515n - 1n;
const vector = residues(COUNT);

const edges = [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, BITS_MAX - 1n, BITS_MAX];
const numbers = (max: bigint, ...more: readonly bigint[]) =>
  fc.array(fc.oneof(fc.constantFrom(...edges, ...more), fc.bigInt(0n, max)), {
    minLength: COUNT,
    maxLength: COUNT,
  });
const spell = (number: bigint): string => number.toString(16).padStart(64, '0');

const read = (list: readonly bigint[]): Lanes =>
  vector.readPairs(list.map((one) => spell(0n) + spell(one)))[1];
const lanesOf = (lanes: Lanes): readonly bigint[] => vector.numbers(lanes, 0);
const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, property), { numRuns: 30 });

test('pairs of numbers survive being read and written', () => {
  check(fc.tuple(numbers(BITS_MAX), numbers(BITS_MAX)), ([left, right]) => {
    const digits = left.map((one, at) => spell(one) + spell(right[at] as bigint));
    const [first, second] = vector.readPairs(digits);
    expect(lanesOf(first)).toEqual(left);
    expect(lanesOf(second)).toEqual(right);
    expect(vector.writePairs(first, second)).toEqual(digits);
    expect(vector.numbers(first, COUNT - 2)).toEqual(left.slice(-2));
  });
});

test('differences are reduced, whatever their numbers are', () => {
  const most = 2n ** 257n - 1n;
  check(fc.tuple(numbers(most, most), numbers(most, most)), ([left, right]) => {
    const [minuend, subtrahend] = [left, right].map(pack) as [Lanes, Lanes];
    const expected = left.map((one, at) => mod(one - (right[at] as bigint)));
    expect(lanesOf(vector.subtract(minuend, subtrahend))).toEqual(expected);
  });
  const products = numbers(PRODUCT_MAX, PRODUCT_MAX, ORDER << 259n, (ORDER << 259n) - 1n);
  check(fc.tuple(products, products), ([left, right]) => {
    const [minuend, subtrahend] = [left, right].map(pack) as [Lanes, Lanes];
    const expected = left.map((one, at) => mod(one - (right[at] as bigint)));
    expect(lanesOf(vector.subtractProducts(minuend, subtrahend))).toEqual(expected);
  });
});

/** Numbers of any size that a lane holds. */
const pack = (list: readonly bigint[]): Lanes =>
  list.reduce((lanes, one) => (lanes << 576n) | one, 0n);

test('bits, masks and equal lanes are what they say', () => {
  const bits = fc.array(fc.constantFrom(0, 1), { minLength: COUNT, maxLength: COUNT });
  check(fc.tuple(bits, numbers(BITS_MAX)), ([choices, list]) => {
    const lanes = vector.readBits((lane) => choices[lane] as number);
    expect(lanesOf(lanes)).toEqual(choices.map(BigInt));
    const kept = lanesOf(vector.maskOf(lanes) & read(list));
    expect(kept).toEqual(list.map((one, at) => (choices[at] === 1 ? one : 0n)));
  });
  expect(lanesOf(vector.all(7n))).toEqual(Array.from({ length: COUNT }, () => 7n));
});

test('the powers of two weigh the first 256 lanes', () => {
  check(numbers(2n ** 258n - 1n, 2n ** 258n - 1n), (list) => {
    const expected = list.slice(0, 256).reduce((sum, one, j) => sum + (one << BigInt(j)), 0n);
    expect(vector.sumPowers(pack(list))).toBe(expected);
  });
});
