import { expect, test } from 'vitest';
import { Search } from './memory-search.ts';

const PIECE = 4 * 1024 * 1024;
const needle = (name: string) => ({ name, bytes: Buffer.from(`<${name}>`) });

test.each([
  ['at the beginning', 0],
  ['across two pieces', PIECE - 3],
  ['at the begin of the second piece', PIECE],
  ['at the very end', 2 * PIECE - 8],
])('a needle is found %s', async (_, at) => {
  const hay = Buffer.alloc(2 * PIECE, '<');
  hay.write('<needle>', at);
  const search = new Search([needle('needle'), needle('absent'), needle('neeDle')]);
  await search.look(hay);
  expect(search.result()).toEqual({ names: ['needle'], searched: 2 * PIECE });
});

test('what is cut off at the end is not found', async () => {
  const search = new Search([needle('needle')]);
  await search.look(Buffer.from('<needle'));
  expect(search.result().names).toEqual([]);
});
