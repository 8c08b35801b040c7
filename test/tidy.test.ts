import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type SourceFile, importsOf, unexplainedFolders, violations } from './tidy.ts';

const root = resolve(import.meta.dirname, '..');
const list = ['ls-files', '--cached', '--others', '--exclude-standard'];
const tracked = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).trim().split('\n');
const read = (path: string): SourceFile => ({
  path,
  text: readFileSync(resolve(root, path), 'utf8'),
});
const sources = tracked.filter((path) => /\.(?:ts|mts|mjs)$/.test(path)).map(read);

test('the house is tidy', () => {
  expect(violations(sources)).toEqual([]);
});

test.each([
  ['src/core/x.ts', "import fs from 'node:fs';", /runs in browsers/],
  [
    'src/core/x.ts',
    "import { decide } from '#policy-lang/decide.ts';",
    /may not import this floor/,
  ],
  ['src/core/x.ts', "export { a } from '#signing/kernel.ts';", /may not import this floor/],
  [
    'src/signing/x.ts',
    "const a = await import('#chains/adapter.ts');",
    /may not import this floor/,
  ],
  ['src/signing/x.ts', "import { readFileSync } from 'node:fs';", /may not import this package/],
  ['src/chains/evm/explain.ts', "import { ethers } from 'ethers';", /only a family's rpc/],
  ['src/resolvers/x.ts', "import { sign } from '#signing/dkls/sign.ts';", /may not import/],
  ['src/resolvers/x.ts', "import { a } from '#cluster-client/cluster.ts';", /may not import/],
  ['src/sdk/x.ts', "import { a } from '#workflow/services.ts';", /may not import/],
  ['signer-cluster/x.ts', "import { a } from '#persistence/database.ts';", /may not import/],
  ['src/workflow/x.ts', "import { a } from '../core/ids.ts';", /use #floor/],
  ['launcher/x.ts', "import { a } from '../src/core/ids.ts';", /use #floor/],
  ['src/core/index.ts', "export * from './ids.ts';", /barrel/],
  ['src/core/x.ts', 'const a = Math.random();', /source of randomness/],
  ['src/core/x.ts', 'const now = Date.now();', /an argument/],
  ['src/policy-lang/x.ts', 'const today = new Date();', /an argument/],
  ['src/signing/dkls/x.ts', 'const nonce = crypto.getRandomValues(bytes);', /an argument/],
  ['src/mandate/x.ts', "const level = process.env['LEVEL'];", /an argument/],
  ['src/chains/evm/seal.ts', 'setTimeout(seal, 5);', /an argument/],
  ['src/core/x.ts', "console.log('x');", /an argument/],
  ['src/core/x.ts', '// @ts-ignore', /silenced/],
  ['demo/x.ts', "new URL('./a', import.meta.url).pathname;", /is encoded/],
  ['src/core/x.test.ts', 'test.only(a);', /isolated test/],
  ['src/core/x.test.ts', "vi.mock('pg');", /share their modules/],
  ['src/core/x.ts', 'a;\n'.repeat(501), /501 lines/],
])('a planted violation in %s is caught: %s', (path, text, fault) => {
  const found = violations([{ path, text }]);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(fault);
});

test('every test file stands where the runner looks for tests', () => {
  const [, folders = ''] =
    /\{([\w,-]+)\}\/\*\*\/\*\.test\.ts/.exec(read('vitest.config.ts').text) ?? [];
  const isRun = (path: string) =>
    folders.split(',').some((folder) => path.startsWith(`${folder}/`));
  const tests = tracked.filter((path) => path.endsWith('.test.ts'));
  expect(tests.filter((path) => !isRun(path))).toEqual([]);
  expect(tests.some(isRun)).toBe(true);
});

test('a folder with more than three files has a README', () => {
  expect(unexplainedFolders(tracked)).toEqual([]);
  const files = ['a/1.ts', 'a/2.ts', 'a/3.ts', 'a/4.ts'];
  expect(unexplainedFolders(files)).toEqual(['a']);
  expect(unexplainedFolders([...files, 'a/README.md'])).toEqual([]);
  expect(unexplainedFolders(files.slice(1))).toEqual([]);
});

test('imports are found in every form', () => {
  const text = [
    "import { a } from 'one';",
    "import type { b } from 'two';",
    "import 'three';",
    "export * from 'four';",
    'import {\n  c,\n  d,\n} from "five";',
    "const e = await import('six');",
    "import f, { type g } from 'seven';",
  ].join('\n');
  expect(importsOf(text)).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven']);
});

test('no tracked file names a path of the machine it was written on', () => {
  // A checkout may lie in a folder that every machine has, and that files may well name.
  const everywhere = ['/', '/tmp', '/var/tmp', '/opt', '/srv', '/home'];
  const places = [dirname(root), homedir()]
    .filter((folder) => !everywhere.includes(folder))
    .map((folder) => `${folder}/`);
  const found = tracked
    .filter((path) => !/\.(?:png|ico|woff2?)$/.test(path))
    .map(read)
    .filter((file) => places.some((place) => file.text.includes(place)))
    .map((file) => file.path);
  expect(found).toEqual([]);
});

test('the lock file names no registry host', () => {
  expect(read('package-lock.json').text).not.toMatch(/"resolved": "http/);
});
