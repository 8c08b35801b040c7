import { expect, test } from 'vitest';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const rule = (name: string) => `rule ${name} { when always then block "x" } `;
const table = (name: string) =>
  `table ${name} { columns | value | then | row | any | block "x" | } `;
const found = (text: string) => foundEverywhere('DUPLICATE', text);

test.each([rule('a') + rule('b'), rule('a') + table('b'), table('a') + table('b')])(
  '%s have names of their own',
  (text) => {
    expect(found(text)).toEqual([]);
  },
);

test.each([
  [rule('a') + rule('a'), 'There are two rules a.'],
  [table('a') + table('a'), 'There are two tables a.'],
  [rule('a') + table('a'), 'There are a rule and a table a.'],
  [rule('governs'), 'A rule cannot be called "governs".'],
  [rule('effective'), 'A rule cannot be called "effective".'],
  [rule('otherwise'), 'A rule cannot be called "otherwise".'],
  [`let a = always let a = always ${rule('a')}`, 'There are two definitions a.'],
  [`let value = always ${rule('a')}`, '"value" is a field of the request already.'],
])('%s do not', (text, message) => {
  expect(found(text)).toEqual([message]);
});
