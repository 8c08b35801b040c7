import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { writeDurably } from './durable-file.ts';

test('a file is replaced as a whole, readable by its owner only', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a');
  await writeDurably(path, Uint8Array.of(1, 2, 3));
  await writeDurably(path, Uint8Array.of(4));
  expect([...(await readFile(path))]).toEqual([4]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['a']);
});

test('a write that fails leaves nothing beside the file', async () => {
  const folder = temporaryFolder();
  await mkdir(join(folder, 'a'));
  await expect(writeDurably(join(folder, 'a'), Uint8Array.of(1))).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['a']);
});
