import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from '#policy-lang/syntax/parse.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

const page = readFileSync(new URL('../../docs/policy/language.md', import.meta.url), 'utf8');
/** Every second part stands between fences; it begins with the language that the fence names. */
const blocks = page
  .split(/^```/m)
  .filter((_, index) => index % 2 === 1)
  .flatMap((part) => (part.startsWith('\n') && !part.includes('npx ') ? part : []));

test('the page of the language shows rules, a table, definitions and tests', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(5);
});

test.each(blocks)('what the page shows follows the grammar: %s', (text) => {
  expect(parse(new SourceText('language.md', text)).diagnostics).toEqual([]);
});
