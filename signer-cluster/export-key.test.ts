import { expect, test } from 'vitest';
import { contributorsOf } from './export-key.ts';

test.each([
  [2, 2, 2],
  [2, 3, 2],
  [2, 4, 3],
  [2, 5, 4],
  [3, 5, 3],
  [4, 7, 4],
  [9, 9, 9],
])('of %i-of-%i at least %i end or move a key, and fewer than t stay behind', (t, n, count) => {
  const parties = Array.from({ length: n }, (_, at) => at + 1);
  expect(contributorsOf({ parties, threshold: t })).toBe(count);
  expect(count).toBeGreaterThanOrEqual(t);
  expect(n - count).toBeLessThan(t);
});
