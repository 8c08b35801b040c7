import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

test('a new policy checks without a warning, is formatted, and its tests pass', async () => {
  const folder = join(temporaryFolder(), 'vendor-payments');
  const { code, out } = await runCommand(['policy', 'new', folder]);
  expect(code).toBe(0);
  expect(out).toContain(join(folder, 'vendor-payments.policy'));
  expect((await runCommand(['policy', 'check', '--warnings-as-errors', folder])).code).toBe(0);
  expect((await runCommand(['policy', 'fmt', '--check', folder])).code).toBe(0);
  expect(await runCommand(['policy', 'test', folder])).toMatchObject({
    code: 0,
    out: expect.stringContaining('4 passed, 0 failed'),
  });
});

test('nothing is overwritten, and nothing is written beside what is there', async () => {
  const folder = temporaryFolder();
  const root = join(folder, 'rules');
  await runCommand(['policy', 'new', root]);
  writeFileSync(join(root, 'rules.policy'), 'mine');
  const again = await runCommand(['policy', 'new', root]);
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('exists already') });
  expect(readFileSync(join(root, 'rules.policy'), 'utf8')).toBe('mine');
  expect(readdirSync(root)).toHaveLength(4);
});

test.each([[[]], [['Rules']], [['-x']], [['a b']], [['..']]])(
  '%j is a wrong call',
  async (words) => {
    expect((await runCommand(['policy', 'new', ...words])).code).toBe(2);
  },
);
