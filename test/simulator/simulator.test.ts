import { expect, test } from 'vitest';
import { PLANTED } from './shapes.ts';
import { type Life, simulate } from './simulate.ts';

/** `npm run simulate` plays 100,000. */
const SEEDS = 2_000;
/** Within which each planted bug must be found. */
const SEEDS_PLANTED = 500;

test(`no life of ${SEEDS} seeds breaks an invariant, and each comes to its end`, () => {
  const lives = Array.from({ length: SEEDS }, (_, seed) => simulate(seed));
  const broken = lives.filter(({ breaks }) => breaks.length > 0);
  expect(broken.map(({ seed, breaks }) => `seed ${seed}: ${breaks.join('; ')}`)).toEqual([]);
  // Lives in which nothing is paid would show nothing.
  const sum = (figure: (life: Life) => number): number =>
    lives.reduce((total, life) => total + figure(life), 0);
  expect(sum(({ confirmed }) => confirmed)).toBeGreaterThan(SEEDS);
  expect(sum(({ events }) => events)).toBeGreaterThan(100 * SEEDS);
});

test('the same seed is the same life', () => {
  expect(simulate(7)).toEqual(simulate(7));
  expect(simulate(7)).not.toEqual({ ...simulate(8), seed: 7 });
});

test.each(PLANTED)('%s: the invariants notice', (planted) => {
  let found: readonly string[] = [];
  for (let seed = 0; seed < SEEDS_PLANTED && found.length === 0; seed += 1) {
    found = simulate(seed, planted).breaks;
  }
  expect(found).not.toEqual([]);
});
