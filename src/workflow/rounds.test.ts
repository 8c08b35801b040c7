import { expect, test } from 'vitest';
import { Rounds } from './rounds.ts';

test('who asks while a round runs gets the next one, which is one for all of them', async () => {
  const ends: ((fails?: boolean) => void)[] = [];
  const rounds = new Rounds(async () => {
    const number = ends.length + 1;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    ends.push((fails) => (fails === true ? reject(new Error('failed')) : resolve(number)));
    return promise;
  });
  const first = rounds.join();
  const second = [rounds.join(), rounds.join()];
  expect(ends).toHaveLength(1);
  ends[0]?.(true);
  await expect(first).rejects.toThrow('failed');
  await expect.poll(() => ends.length).toBe(2);
  const third = rounds.join();
  ends[1]?.();
  expect(await Promise.all(second)).toEqual([2, 2]);
  await expect.poll(() => ends.length).toBe(3);
  ends[2]?.();
  expect(await third).toBe(3);
  const fourth = rounds.join();
  ends[3]?.();
  expect(await fourth).toBe(4);
});
