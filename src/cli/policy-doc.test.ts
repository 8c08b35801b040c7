import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');

test('the page is written to a file or to standard output, the same each time', async () => {
  const file = join(temporaryFolder(), 'rulebook.html');
  const { code, out } = await runCommand(['policy', 'doc', EXAMPLE, '--out', file]);
  expect([code, out]).toEqual([0, `${file}: 3 rules`]);
  const page = await runCommand(['policy', 'doc', EXAMPLE]);
  expect(`${page.out}\n`).toBe(readFileSync(file, 'utf8'));
  expect(page.out).toContain('<h1>Acme vendor payments</h1>');
});

test('a policy that does not compile has no page', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.policy'), 'rule');
  const { code, out, err } = await runCommand(['policy', 'doc', folder]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('No page was written: 1 error');
});

test('a file that cannot be written is a wrong call', async () => {
  const { code, err } = await runCommand([
    'policy',
    'doc',
    EXAMPLE,
    '--out',
    '/no/such/folder/x.html',
  ]);
  expect(code).toBe(2);
  expect(err).toContain('cannot be written (ENOENT)');
});

test('the page never takes the place of a policy', async () => {
  const file = join(temporaryFolder(), 'a.policy');
  writeFileSync(file, 'rule');
  const { code } = await runCommand(['policy', 'doc', EXAMPLE, '--out', file]);
  expect([code, readFileSync(file, 'utf8')]).toEqual([2, 'rule']);
});
