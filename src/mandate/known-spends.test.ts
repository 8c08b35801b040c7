import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { END, KnownSpends, LISTED_MAX, areCuts, digestOf, keyOf } from './known-spends.ts';

const spendAt = (created: number) => ({
  id: createHash('sha256').update(`${created}`).digest('hex'),
  created,
});
const knowing = (created: Iterable<number>): KnownSpends => {
  const known = new KnownSpends();
  for (const at of created) known.add(spendAt(at));
  return known;
};
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('whatever the order in which spends came, what a node tells of them is the same', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(5_000), { minLength: 600, maxLength: 1_500 }),
      fc.uniqueArray(fc.nat(5_000), { maxLength: 6 }),
      fc.nat(600),
      (created, cuts, asked) => {
        const untils = [...cuts.map((at) => keyOf(spendAt(at))).toSorted(), END];
        const plain = created.toSorted((a, b) => a - b).map((at) => spendAt(at));
        const known = knowing(created.slice(0, asked));
        // What was hashed before must not be told again when an older spend comes.
        known.ranges(untils);
        for (const at of created.slice(asked)) known.add(spendAt(at));
        const expected = untils.map((until, index) => {
          const ids = plain
            .filter((spend) => keyOf(spend) < until && keyOf(spend) >= (untils[index - 1] ?? ''))
            .map(({ id }) => id);
          return { until, count: ids.length, digest: digestOf(ids) };
        });
        expect(known.ranges(untils)).toEqual(expected);
        for (const [index, ids] of known.lists(untils).entries()) {
          const { count = 0, digest } = expected[index] ?? {};
          expect(count > LISTED_MAX ? ids : digestOf(ids)).toEqual(
            count > LISTED_MAX ? [] : digest,
          );
        }
      },
    ),
    { numRuns: 30, seed: 25 },
  );
});

test('a range that is too long to be listed says where to cut it in pieces of about one size', () => {
  const known = knowing(upTo(3_200));
  const [splits = []] = known.splits([END]);
  expect(splits).toHaveLength(15);
  const pieces = known.ranges([...splits, END]);
  expect(pieces.map(({ count }) => count)).toEqual(Array.from({ length: 16 }, () => 200));
  expect(known.lists([...splits, END]).flat()).toHaveLength(3_200);
  expect(known.splits([...splits, END]).flat()).toEqual([]);
});

test.each<[string, readonly string[], boolean]>([
  ['the end alone', [END], true],
  ['ascending cuts and the end', ['a', 'b', END], true],
  ['nothing', [], false],
  ['no end', ['a'], false],
  ['one that stands twice', ['a', 'a', END], false],
  ['descending ones', ['b', 'a', END], false],
  ['too many', [...upTo(64).map((index) => `${100 + index}`), END], false],
])('of %s ranges can be made or not', (_, untils, are) => {
  expect(areCuts(untils)).toBe(are);
});
