import { expect, test } from 'vitest';

import { slowestFiles } from './slowest-files.ts';

test('the slowest files are listed with their tests, under the sum of all', () => {
  const files = [
    { name: 'a.test.ts', tests: 3, durationMs: 1_250 },
    { name: 'b.test.ts', tests: 1, durationMs: 12_340 },
    { name: 'c.test.ts', tests: 2, durationMs: 10 },
  ];
  expect(slowestFiles(files, 2)).toEqual([
    '3 files took 13.6 s, one after the other; the slowest:',
    '    12.3 s  b.test.ts (1 tests)',
    '     1.3 s  a.test.ts (3 tests)',
  ]);
});
