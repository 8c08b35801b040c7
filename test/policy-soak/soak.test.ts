import { expect, test } from 'vitest';
import { SOAKS } from './soaks.ts';

/** The same cases each time; `npm run policy-soak` tries others. */
const SEED = 20_260_701;

const EVERYDAY = SOAKS.filter(({ runs }) => runs.short > 0);

test.each(EVERYDAY.map((soak) => [soak.claim, soak] as const))('%s', async (_, { runs, check }) => {
  expect(await check({ seed: SEED, runs: runs.short })).toBeUndefined();
});
