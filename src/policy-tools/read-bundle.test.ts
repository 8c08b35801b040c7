import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { readBundle } from './read-bundle.ts';

async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

const BUNDLE = {
  'a.policy': 'A',
  'a.test.policy': 'AT',
  'b.policy': 'B',
  'abi/c.json': '[]',
  'abi/notes.md': 'not read',
  'groups.yaml': 'G',
  'lists/x.csv': 'X',
  'lists/notes.txt': 'not read',
  'README.md': 'not read',
};

test('what the registry holds lies beside the bundle, and is no file of it', async () => {
  const list = { version: 1, entries: [] };
  const text = JSON.stringify({ lists: { vendors: list } });
  const root = await folderWith({ 'a.policy': 'A', 'registry.json': text });
  for (const path of [root, join(root, 'a.policy')]) {
    const { files, registry } = await readBundle(path);
    expect(files.map((file) => file.path)).toEqual(['a.policy']);
    expect(registry).toEqual({
      lists: new Map([['vendors', list]]),
      groups: new Map(),
      assets: new Map(),
    });
  }
});

test.each(['{', '[]', '{"lists":{"a":1}}'])('%s is no registry', async (text) => {
  const root = await folderWith({ 'a.policy': 'A', 'registry.json': text });
  await expect(readBundle(root)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: join(root, 'registry.json') },
  });
});

test('a folder gives its policies, lists, groups and contracts, and nothing else', async () => {
  const root = await folderWith(BUNDLE);
  expect(await readBundle(root)).toEqual({
    root,
    files: [
      { path: 'abi/c.json', content: '[]' },
      { path: 'groups.yaml', content: 'G' },
      { path: 'lists/x.csv', content: 'X' },
      { path: 'a.policy', content: 'A' },
      { path: 'a.test.policy', content: 'AT' },
      { path: 'b.policy', content: 'B' },
    ],
  });
});

test.each(['a.policy', 'a.test.policy'])(
  'the file %s brings its tests, what the two name beside them, and no other policy',
  async (name) => {
    const root = await folderWith({
      ...BUNDLE,
      'a.policy': 'from "lists/x.csv" and "abi/c.json"',
      'a.test.policy': 'from "groups.yaml"',
      'lists/of-b.csv': 'not named',
    });
    const { files } = await readBundle(join(root, name));
    expect(files.map(({ path }) => path)).toEqual([
      'abi/c.json',
      'groups.yaml',
      'lists/x.csv',
      'a.policy',
      'a.test.policy',
    ]);
  },
);

test('a bundle needs neither lists nor groups nor contracts', async () => {
  const root = await folderWith({ 'a.policy': 'A' });
  expect((await readBundle(root)).files).toEqual([{ path: 'a.policy', content: 'A' }]);
});

test.each([
  ['more/b.policy', 'more/deep/b.policy'],
  ['lists/2026/x.csv', 'lists/2026/x.csv'],
  ['abi/v3/pool.json', 'abi/v3/pool.json'],
])('%s in a folder further down is not left out in silence', async (...paths) => {
  for (const path of paths) {
    const root = await folderWith({ ...BUNDLE, [path]: 'X' });
    await expect(readBundle(root)).rejects.toThrow(
      `${join(root, path)}: in a folder below the bundle, which is not read`,
    );
  }
});

test('other files further down, and folders of tools, are left alone', async () => {
  const more = { 'notes/a.md': 'N', '.git/a.policy': 'N', 'node_modules/x/a.policy': 'N' };
  const { files } = await readBundle(await folderWith({ ...BUNDLE, ...more }));
  expect(files).toHaveLength(6);
});

test('a link out of the folder is neither followed nor left out in silence', async () => {
  const root = await folderWith({ 'a.policy': 'A', 'secret/b.txt': 'S' });
  await symlink(join(root, 'secret/b.txt'), join(root, 'b.policy'));
  await expect(readBundle(root)).rejects.toThrow(/b\.policy: a link or a folder, not a file/);
});

test.each([
  ['no-such.policy', /there is no such file/],
  ['README.md', /does not end in .policy/],
  ['lists', /has no file that ends in .policy/],
  ['latin1.policy', /not UTF-8/],
])('%s is refused with a hint', async (name, message) => {
  const root = await folderWith({ ...BUNDLE, 'latin1.policy': Uint8Array.of(0x72, 0xe9) });
  await expect(readBundle(join(root, name))).rejects.toThrow(message);
});

test('a file that is larger than any bundle is not read', async () => {
  const root = await folderWith({ 'a.policy': new Uint8Array(16 * 1024 * 1024 + 1) });
  await expect(readBundle(root)).rejects.toThrow(/larger than 16 MB/);
});
