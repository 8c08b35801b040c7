import { expect, test } from 'vitest';
import { interleave, percentile } from './measure.ts';

test('contenders take turns, the warm-up is not counted, and the samples keep their order', async () => {
  const calls: string[] = [];
  const contender = (name: string) => ({
    name,
    sample: async () => {
      calls.push(name);
      return calls.length;
    },
  });
  const contenders = [contender('a'), contender('b')];
  const samples = await interleave(contenders, { warmUp: 1, counted: 2 });
  expect(calls).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect(samples).toEqual({ a: [4, 5], b: [3, 6] });
});

test.each([
  [50, 2],
  [99, 4],
  [25, 1],
  [100, 4],
  [0, 1],
])('the %i. percentile of 1 to 4 is %i', (percent, value) => {
  expect(percentile([4, 2, 1, 3], percent)).toBe(value);
});

test('no samples have no percentile', () => {
  expect(() => percentile([], 50)).toThrow(RangeError);
});
