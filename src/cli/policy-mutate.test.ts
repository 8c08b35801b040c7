import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');

test('what no test notices is shown with its place, and the score', async () => {
  const { code, out } = await runCommand(['policy', 'mutate', EXAMPLE]);
  expect(code).toBe(0);
  expect(out).toContain(
    'vendor-payments.policy:27:19 not noticed\n  With 20,000 USD for 10,000 USD.',
  );
  expect(out).toMatch(/\n\d+ of \d+ mistakes noticed \(\d+ %\)/);
});

test('below --min it ends with 1', async () => {
  const few = ['policy', 'mutate', EXAMPLE, '--max', '4', '--json'];
  const { score } = JSON.parse((await runCommand(few)).out) as { score: number };
  expect((await runCommand([...few, '--min', String(score)])).code).toBe(0);
  expect((await runCommand([...few, '--min', '100'])).code).toBe(score === 100 ? 0 : 1);
});

test('a policy whose tests fail as it is is not mutated', async () => {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  const path = join(folder, 'vendor-payments.policy');
  writeFileSync(path, readFileSync(path, 'utf8').replace('> 10,000 USD', '> 100,000 USD'));
  const { code, err } = await runCommand(['policy', 'mutate', folder]);
  expect(code).toBe(1);
  expect(err).toContain('fails as it is');
});

test.each([
  [['policy', 'mutate'], /Name a policy file/],
  [['policy', 'mutate', EXAMPLE, '--min', '101'], /whole number up to 100/],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
