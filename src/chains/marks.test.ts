import { expect, test } from 'vitest';
import { checkMarks, compareMarks, takeMark } from './marks.ts';

const A = { height: 3n, hash: '0xaa' };
const B = { height: 9n, hash: '0xbb' };

test.each([
  ['no marks', [], [], { same: true }],
  [
    'all as before',
    [A, B],
    [
      [3n, '0xaa'],
      [9n, '0xbb'],
    ],
    { same: true },
  ],
  [
    'another block',
    [A, B],
    [
      [3n, '0xaa'],
      [9n, '0xcc'],
    ],
    { same: false, mark: B, found: '0xcc' },
  ],
  ['a missing block', [A, B], [[3n, '0xaa']], { same: false, mark: B }],
  ['the lowest of two', [B, A], [], { same: false, mark: A }],
] as const)('%s: the verdict names the lowest mark that fails', (_, marks, now, verdict) => {
  expect(compareMarks(marks, new Map(now))).toEqual(verdict);
});

test('marks are checked against the chain at their heights', async () => {
  const hashes = new Map([[3n, '0xaa']]);
  const chain = {
    height: async () => 3n,
    blockHash: async (height: bigint) => hashes.get(height),
  };
  expect(await takeMark(chain)).toEqual(A);
  expect(await checkMarks(chain, [A])).toEqual({ same: true });
  expect(await checkMarks(chain, [A, B])).toEqual({ same: false, mark: B });
  hashes.clear();
  expect(await takeMark(chain)).toBeUndefined();
});
