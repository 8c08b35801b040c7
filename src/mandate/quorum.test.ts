import { expect, test } from 'vitest';
import { honestBeside, quorumOf } from './quorum.ts';

const SHAPES = [2, 3, 4, 5, 6, 7].flatMap((members) =>
  Array.from({ length: members - 1 }, (_, index) => ({ members, threshold: index + 2 })),
);

/** All sets of so many of these. */
function* setsOf(all: readonly number[], size: number): Generator<readonly number[]> {
  const [first, ...rest] = all;
  if (size === 0) yield [];
  if (first === undefined || size === 0) return;
  for (const others of setsOf(rest, size - 1)) yield [first, ...others];
  yield* setsOf(rest, size);
}

/**
 * Node 0 has forgotten what it was in. Of the others t-1 lie: each claims nothing, or more than there is. What a
 * quorum has must be what the rule finds, whichever quorum and whoever lies.
 */
test.each(SHAPES)(
  '$threshold of $members: what counts is found among what the others say, also beside t-1 liars',
  ({ threshold, members }) => {
    const shape = { threshold, members };
    const all = Array.from({ length: members }, (_, party) => party);
    const others = all.slice(1);
    const isClaimedBy = Math.max(1, honestBeside(shape));
    let fewest = Number.POSITIVE_INFINITY;
    for (const liars of setsOf(others, threshold - 1)) {
      for (const quorum of setsOf(all, quorumOf(shape))) {
        const honest = quorum.filter((party) => party !== 0 && !liars.includes(party));
        fewest = Math.min(fewest, honest.length);
        const silent = others.map((party) => (honest.includes(party) ? 1 : 0));
        const found = silent.toSorted((a, b) => b - a)[isClaimedBy - 1];
        // Where n = t a quorum may have nobody honest beside this node.
        expect(found).toBe(members === threshold && honest.length === 0 ? 0 : 1);
        const loud = others.map((party) => (liars.includes(party) ? 9 : 1));
        const most = loud.toSorted((a, b) => b - a)[isClaimedBy - 1];
        if (isClaimedBy > liars.length) expect(most).toBe(1);
      }
    }
    expect(fewest).toBe(honestBeside(shape));
  },
);

test('for availability nobody else needs to have anything', () => {
  expect(honestBeside({ threshold: 2, members: 5, mode: 'availability' })).toBe(0);
});
