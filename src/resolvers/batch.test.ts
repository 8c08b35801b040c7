import { expect, test } from 'vitest';
import { Batch } from './batch.ts';

/** A source that squares numbers, knows no 0, and remembers what it was asked for. */
function squares() {
  const asked: (readonly number[])[] = [];
  const batch = new Batch<number, number>(async (keys) => {
    asked.push(keys);
    return new Map(keys.filter((key) => key !== 0).map((key) => [key, key * key]));
  });
  return { asked, batch };
}

test('keys that are asked for together are read at once, each once', async () => {
  const { asked, batch } = squares();
  const values = await Promise.all([batch.get(2), batch.get(3), batch.get(2), batch.get(0)]);
  expect(values).toEqual([4, 9, 4, undefined]);
  expect(asked).toEqual([[2, 3, 0]]);
});

test('keys of resolvers that were waiting for a settled promise join the batch', async () => {
  const { asked, batch } = squares();
  const later = Promise.resolve().then(() => batch.get(5));
  expect(await Promise.all([batch.get(4), later])).toEqual([16, 25]);
  expect(asked).toEqual([[4, 5]]);
});

test('nothing is kept: the next read sees the rows as they are then', async () => {
  const { asked, batch } = squares();
  await batch.get(2);
  await batch.get(2);
  expect(asked).toEqual([[2], [2]]);
});

test('a read that fails fails for all who waited for it, and the next one is tried anew', async () => {
  let tries = 0;
  const batch = new Batch<number, number>(async (keys) => {
    if (++tries === 1) throw new Error('the database is away');
    return new Map(keys.map((key) => [key, key]));
  });
  const both = await Promise.allSettled([batch.get(1), batch.get(2)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await batch.get(1)).toBe(1);
});
