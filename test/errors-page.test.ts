import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '#core/errors.ts';
import { CLOSE_CODES } from '#gateway/close-codes.ts';
import { REQUEST_FAULTS } from '#gateway/present-error.ts';
import { ERRORS_PAGE, errorsPage } from '#tools/errors-page.ts';

const root = resolve(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' });
const files = tracked
  .trim()
  .split('\n')
  .filter((path) => /^(?:src|signer-cluster|test)\//.test(path) && path !== 'src/core/errors.ts')
  .map((path) => ({ path, text: readFileSync(resolve(root, path), 'utf8') }));
const isTest = ({ path }: { readonly path: string }): boolean =>
  path.endsWith('.test.ts') || path.startsWith('test/');

const naming = (code: string, tests: boolean): boolean =>
  files.some((file) => isTest(file) === tests && new RegExp(`\\b${code}\\b`).test(file.text));

test('docs/errors.md is the page that the table prints', () => {
  expect(readFileSync(ERRORS_PAGE, 'utf8')).toBe(errorsPage());
});

test('tests name each code that the source raises', () => {
  const raised = Object.keys(ERROR_CODES).filter((code) => naming(code, false));
  expect(raised.filter((code) => !naming(code, true))).toEqual([]);
  expect(raised.length).toBeGreaterThan(25);
});

test('tests name each code of a refused request, and each close code', () => {
  const codes = [...Object.keys(REQUEST_FAULTS), ...Object.keys(CLOSE_CODES)];
  expect(codes.filter((code) => !naming(code, true))).toEqual([]);
});
