import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { grammarTypes } from './grammar-types.ts';
import { PolicyParser } from './grammar.ts';

test('no two ways lead through the grammar', () => {
  expect(() => new PolicyParser({ isValidated: false })).not.toThrow();
});

test('the printed types are those of the grammar (run tools/make-grammar-types.ts after a change)', () => {
  const printed = readFileSync(new URL('./gen/syntax-tree.ts', import.meta.url), 'utf8');
  expect(printed).toBe(grammarTypes(new PolicyParser()));
});
