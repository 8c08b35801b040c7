import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineDiff } from './line-diff.ts';

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ kind, text }) => `${kind} ${text}`);

test('equal texts have no difference', () => {
  expect(lineDiff('a\nb', 'a\nb')).toEqual([]);
});

test('a change is shown with two lines around it, and far lines are left out', () => {
  expect(shown('1\n2\n3\n4\n5\n6\n0\n7\n8\n9', '1\n2\n3\nx\n5\n6\n0\n7\n8\ny')).toEqual([
    'same 2',
    'same 3',
    'removed 4',
    'added x',
    'same 5',
    'same 6',
    'gap ...',
    'same 7',
    'same 8',
    'removed 9',
    'added y',
  ]);
});

test('the lines that are removed and added turn one text into the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 }).map((l) => l.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = lineDiff(before, after);
      if (before === after) return;
      const without = (kind: string) =>
        lines.filter((line) => line.kind !== kind).map((line) => line.text);
      if (lines.some(({ kind }) => kind === 'gap')) return;
      expect(before).toContain(without('added').join('\n'));
      expect(after).toContain(without('removed').join('\n'));
    }),
  );
});
