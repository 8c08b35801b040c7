import { once } from 'node:events';
import { appendFile, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SignerHouse, signerHouse } from '#testing/signers.ts';

let house: SignerHouse;

beforeEach(async () => {
  house = await signerHouse(2, 2);
});

afterEach(() => house.remove());

test('one line says that it serves and where, and SIGTERM ends it in order', async () => {
  const signer = await house.start(1);
  expect(signer.port).toBeGreaterThan(0);
  const gone = once(signer.child, 'exit');
  signer.child.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
});

test('it ends when its parent does', async () => {
  const signer = await house.start(1);
  const gone = once(signer.child, 'exit');
  signer.child.stdin?.end();
  expect(await gone).toEqual([0, null]);
});

test('a port that another process holds stops the start', async () => {
  const one = await house.start(1);
  await expect(house.start(2, { port: one.port })).rejects.toThrow(/start refused/);
  await one.stop();
});

const journal = (): string => join(house.data(1), 'journal/journal.log');
const identity = (): string => join(house.data(1), 'identity/identity.sealed');

async function replaced(path: string): Promise<void> {
  await rm(path);
  await mkdir(path);
}

test.each<[string, () => Promise<void>, RegExp]>([
  [
    'another sealing key',
    () => writeFile(join(house.data(1), 'sealing-key'), `${'00'.repeat(32)}\n`),
    /the journal is damaged at entry 1/,
  ],
  ['no journal', () => rm(journal()), /the journal is missing/],
  [
    'a changed journal',
    async () =>
      writeFile(journal(), (await readFile(journal(), 'utf8')).replace('genesis', 'Genesis')),
    /damaged at entry 1/,
  ],
  ['no identity', () => rm(identity()), /the sealed identity is missing/],
  [
    "another node's identity",
    () => rename(join(house.data(2), 'identity/identity.sealed'), identity()),
    /the sealed identity identity does not open/,
  ],
  [
    "another node's whole store",
    async () => {
      await rm(house.data(1), { recursive: true });
      await rename(house.data(2), house.data(1));
      const path = house.config(1);
      const config = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...config, party: 1 }));
    },
    /belongs to another node/,
  ],
  ['no sealing key', () => rm(join(house.data(1), 'sealing-key')), /sealing-key cannot be opened/],
  ['a folder in the place of its journal', () => replaced(journal()), /EISDIR/],
  ['no store', () => rm(join(house.data(1), 'store'), { recursive: true }), /store.* \(ENOENT\)/],
  [
    'a file in the place of its store',
    async () => {
      await rm(join(house.data(1), 'store/keys'), { recursive: true });
      await writeFile(join(house.data(1), 'store/keys'), '');
    },
    /store.keys cannot be opened \(ENOTDIR\)/,
  ],
  [
    'a record that cannot be read',
    () => mkdir(join(house.data(1), 'store/keys/key_1.sealed')).then(() => undefined),
    /EISDIR/,
  ],
  ['a folder that others may enter', () => chmod(house.data(1), 0o755), /set its mode to 0700/],
  [
    'a configuration with an unknown field',
    async () => {
      const config = JSON.parse(await readFile(house.config(1), 'utf8')) as object;
      await writeFile(house.config(1), JSON.stringify({ ...config, insecure: true }));
    },
    /unknown field insecure/,
  ],
])('with %s it does not start, and says why', async (_, damage, reason) => {
  await damage();
  const refused = house.start(1);
  await expect(refused).rejects.toThrow(reason);
  await expect(refused).rejects.toThrow(/^\{"level":60,"event":"start refused".*\}\n$/);
});

test('an unfinished last line of the journal is cut and the node starts', async () => {
  await appendFile(journal(), 'ab12');
  const signer = await house.start(1);
  expect(signer.logs()).toMatch(/journal tail cut/);
  await signer.stop();
});
