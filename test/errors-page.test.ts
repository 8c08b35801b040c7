import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS_PAGE, errorsPage } from '#tools/errors-page.ts';

test('docs/errors.md is the page that the table prints', () => {
  expect(readFileSync(ERRORS_PAGE, 'utf8')).toBe(errorsPage());
});
