import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');

/** A release of the example, signed with a key of its own. */
async function release(...options: string[]) {
  const folder = temporaryFolder();
  const key = join(folder, 'release.key');
  const keygen = ['service-account', 'keygen', key, '--origin', 'https://acme.example'];
  const { out: publicKey } = await runCommand(keygen);
  const file = join(folder, 'release.json');
  const call = ['policy', 'bundle', EXAMPLE, '--out', file, '--key-file', key, ...options];
  return { folder, key, publicKey, file, call, result: await runCommand(call) };
}

test('a release is written, says what it is, and verifies with its key', async () => {
  const { file, publicKey, result } = await release();
  expect(result).toMatchObject({ code: 0, err: '' });
  expect(result.out).toMatch(
    /^Acme vendor payments, version 3\n {2}in force {3}from 2026-06-30T22:00:00.000Z/,
  );
  const verified = await runCommand([
    'policy',
    'bundle',
    '--verify',
    file,
    '--public-key',
    publicKey,
  ]);
  expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('expected key') });
  const json = await runCommand(['policy', 'bundle', '--verify', file, '--json']);
  expect(JSON.parse(json.out)).toMatchObject({
    ok: true,
    version: 3,
    signer: publicKey,
    faults: [],
  });
});

test('the same bundle and key give the same bytes', async () => {
  const { file, folder, key } = await release();
  const second = join(folder, 'second.json');
  await runCommand(['policy', 'bundle', EXAMPLE, '--out', second, '--key-file', key]);
  expect(readFileSync(second, 'utf8')).toBe(readFileSync(file, 'utf8'));
});

test('a release that somebody changed, or another one signed, ends with 1', async () => {
  const { file, publicKey } = await release();
  writeFileSync(file, readFileSync(file, 'utf8').replace('10,000 USD', '99,000 USD'));
  const changed = await runCommand([
    'policy',
    'bundle',
    '--verify',
    file,
    '--public-key',
    publicKey,
  ]);
  expect(changed.code).toBe(1);
  expect(changed.out).toContain('The files are not those of the hash.');
  const { file: foreign } = await release();
  const signed = await runCommand([
    'policy',
    'bundle',
    '--verify',
    foreign,
    '--public-key',
    publicKey,
  ]);
  expect(signed).toMatchObject({ code: 1, out: expect.stringContaining('another key') });
});

test('nothing is overwritten', async () => {
  const { call } = await release();
  expect(await runCommand(call)).toMatchObject({
    code: 2,
    err: expect.stringContaining('exists already'),
  });
});

test.each([
  ['an error', 'value > 10,000 USD', 'value > 10,000', /error/],
  ['a test that fails', 'value > 10,000 USD', 'value > 100,000 USD', /1 test failed/],
])('a bundle with %s is not released', async (_, before, after, message) => {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  const path = join(folder, 'vendor-payments.policy');
  writeFileSync(path, readFileSync(path, 'utf8').replace(before, after));
  const { code, err } = await runCommand(['policy', 'bundle', folder, '--out', join(folder, 'x')]);
  expect(code).toBe(1);
  expect(err).toMatch(message);
});

test.each([
  [['policy', 'bundle'], /Name the folder/],
  [['policy', 'bundle', EXAMPLE], /--out/],
  [['policy', 'bundle', EXAMPLE, '--verify', 'x'], /no folder to name/],
  [['policy', 'bundle', '--verify', join(EXAMPLE, 'groups.yaml')], /not a release/],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
