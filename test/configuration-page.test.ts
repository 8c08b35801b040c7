/** `docs/configuration.md` names what the programs read, and nothing else. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');

/** The machine's own, or words between programs of the platform. */
const INTERNAL = ['PATH', 'HOME', 'NO_COLOR', 'TERM', 'EXIT_WITH_PARENT', 'SOLANA_LEDGER'];

/** The endpoints have one row for all networks, and a node's own variable a sentence. */
const isTold = (name: string): boolean =>
  !INTERNAL.includes(name) && !name.startsWith('RPC_') && name !== 'SIGNER_CONFIG';

const list = ['ls-files', 'launcher/*.ts', 'src/*.ts', 'signer-cluster/*.ts', 'demo/*.ts'];
const sources = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((path) => !path.endsWith('.test.ts') && !path.startsWith('src/testing/'));

const READING = /\benv\[?\??\.?\[?'([A-Z_]{3,})'\]|\bread\('([A-Z_]{3,})'/g;

const variables = new Set(
  sources.flatMap((path) =>
    [...read(path).matchAll(READING)].map(([, indexed, parsed]) => (indexed ?? parsed) as string),
  ),
);

test('every variable that a program reads stands on the page, and the page has no other', () => {
  const page = read('docs/configuration.md');
  const told = [...page.matchAll(/^\| `([A-Z_]+)(?:<NETWORK>)?`/gm)].map(([, name]) => name);
  const expected = [...variables].filter((name) => isTold(name));
  expect(expected.length).toBeGreaterThan(10);
  expect(new Set(told)).toEqual(new Set([...expected, 'RPC_']));
  expect(page).toContain('`SIGNER_CONFIG`');
});
