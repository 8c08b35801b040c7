import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (text: string) => messagesOf('NO_REASON', `rule r { when value > 1 USD ${text} }`);

test.each([
  'then block "Too much"',
  'then block because "Too much"',
  'then allow control "A-1"',
  'then allow owner "treasury@acme.example"',
])('%s says why', (text) => {
  expect(found(text)).toEqual([]);
});

test.each(['then block', 'then allow', 'then require approval by 1 of managers'])(
  '%s says nothing',
  (text) => {
    expect(found(text)).toEqual(['Nothing says why the rule r is there.']);
  },
);

const rows = (title: string): readonly string[] =>
  messagesOf('NO_REASON', `table t ${title} { columns | asset | then | row | any | allow | }`);

test('the title of a table is the reason of its rows', () => {
  expect(rows('"Who may pay whom"')).toEqual([]);
  expect(rows('')).toEqual(['Nothing says why the rule t/1 is there.']);
});
