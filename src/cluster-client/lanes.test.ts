import { expect, test } from 'vitest';
import { Lanes } from './lanes.ts';

test('no more than the given number runs at once, in order, also when one fails', async () => {
  const lanes = new Lanes(2);
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const runs = gates.map((gate, index) =>
    lanes.run(async () => {
      started.push(index);
      await gate.promise;
      if (index === 1) throw new Error('this one fails');
    }),
  );
  const settled = Promise.allSettled(runs);
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  for (const [index, gate] of gates.entries()) {
    await expect.poll(() => started).toContain(index);
    expect(started.length).toBeLessThanOrEqual(index + 2);
    gate.resolve();
  }
  expect((await settled).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});
