import { expect, test } from 'vitest';
import { HEADER, compile } from '#testing/policy-fixtures.ts';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const found = (rule: string) => foundEverywhere('MISSING_PART', rule);

test.each([
  'rule r { when always then block "x" }',
  'table t { columns | value | then | row | up to 5 USD | block "x" | }',
])('%s is whole', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  ['rule r { then block "x" }', 'The rule r has no "when".'],
  ['rule r { when always }', 'The rule r has no "then".'],
  ['table t { columns | value | then | }', 'The table t has no row.'],
  ['table t { columns | value | row | any | }', 'The table t has no column "then".'],
  [
    'table t { columns | value | then | row | allow | }',
    'The row has 1 cells, the table 2 columns.',
  ],
])('%s is not', (text, message) => {
  expect(found(text)).toEqual([message]);
});

test.each(['version', 'effective', 'governs', 'otherwise'])(
  'a header without "%s" is not whole',
  (part) => {
    const { diagnostics } = compile(HEADER.replace(new RegExp(`  ${part}.*\\n`), ''));
    expect(diagnostics.map(({ message }) => message)).toContain(`The header has no "${part}".`);
  },
);
