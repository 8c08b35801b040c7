import { expect, test } from 'vitest';
import { VENDOR, WORLD } from '#testing/policy-fixtures.ts';
import { errorsEverywhere, policyEverywhere } from '#testing/policy-everywhere.ts';
import { conditionText } from './condition-text.ts';
import type { CheckedRule } from './checked-policy.ts';

const table = (columns: string, ...rows: readonly string[]) =>
  `let stable = asset in [USDC@ethereum, EURC@ethereum]
  table t "Who pays" { applies to transfer control "C-1"
    columns | ${columns} |
    ${rows.map((row) => `row | ${row} |`).join('\n')} }
  rule s { when stable then flag "x" }`;

const rulesOf = (text: string): readonly CheckedRule[] =>
  policyEverywhere(text).program.rules.filter((rule) => rule.table !== undefined);
const conditionsOf = (text: string) =>
  rulesOf(text).map(({ condition }) => conditionText(condition, WORLD.assets));

test('each row is a rule that completes what the columns begin', () => {
  const rules = rulesOf(
    table(
      'wallet tagged | asset | recipient in | value | then | because',
      '"ops" | stable | approved-vendors | up to 100,000 USD | allow | "small"',
      'any | any | any | any | require approval by 1 of managers | any',
    ),
  );
  expect(rules).toMatchObject([
    { id: 't/1', title: 'Who pays, row 1', table: { id: 't', row: 1 }, controls: ['C-1'] },
    { id: 't/2', effect: { kind: 'require' }, condition: { kind: 'always' } },
  ]);
  expect(rules[0]).toMatchObject({ because: 'small', activities: ['transfer'] });
});

test.each([
  ['value', 'above 10 USD', 'value > 10 USD'],
  ['value', 'from 10 USD', 'value >= 10 USD'],
  ['value', 'below 10 USD', 'value < 10 USD'],
  ['value', 'above 10 USD up to 20 USD', 'value > 10 USD and value <= 20 USD'],
  ['value', 'from 10 USD below 20 USD', 'value >= 10 USD and value < 20 USD'],
  ['value >', '10 USD', 'value > 10 USD'],
  ['asset', 'USDC@ethereum', 'asset is USDC@ethereum'],
  ['asset', '[USDC@ethereum, ETH@ethereum]', 'asset in [ETH@ethereum, USDC@ethereum]'],
  ['asset', 'stable', 'asset in [EURC@ethereum, USDC@ethereum]'],
  ['recipient', 'banned', 'recipient in banned'],
  ['recipient not in', 'banned', 'not recipient in banned'],
  ['recipient in', VENDOR, `recipient is ${VENDOR}`],
  ['recipient is', 'wallet.address', 'recipient is wallet.address'],
  ['wallet tags has all of', '["a", "b"]', 'wallet tags has all of ["a", "b"]'],
  ['wallet tags has any of', '"a"', 'wallet tags has any of ["a"]'],
  ['initiator has role', '"boss"', 'initiator has role "boss"'],
  ['initiator in', 'managers', 'initiator in managers'],
  ['time', 'Mon 08:00..18:00 UTC', 'time within Mon 08:00..18:00 UTC'],
  ['time within', 'Mon 08:00..18:00 UTC', 'time within Mon 08:00..18:00 UTC'],
  ['screening.alert-level', 'from HIGH', 'screening.alert-level >= HIGH'],
  ['screening.alert-level', 'MEDIUM', 'screening.alert-level is MEDIUM'],
  ['sum(value) over last 1h', 'above 5 USD', 'sum(value) over last 1h > 5 USD'],
])('the column %s and the cell %s make %s', (column, cell, text) => {
  expect(conditionsOf(table(`${column} | then`, `${cell} | block "x"`))).toEqual([text]);
});

test('an amount is measured by the asset beside it', () => {
  const text = table('asset | amount | then', 'USDC@ethereum | up to 5 USDC | block "x"');
  expect(conditionsOf(text)).toEqual(['asset is USDC@ethereum and amount <= 5 USDC']);
});

test('what the whole table says holds in each row', () => {
  const text = `table t { when value > 1 USD unless recipient in banned
    columns | wallet tagged | then | row | "a" | block "x" | }`;
  expect(conditionsOf(text)).toEqual([
    'value > 1 USD and wallet tagged "a" and not recipient in banned',
  ]);
});

test.each([
  ['vlue | then', 'any | allow', 'There is no field "vlue".'],
  ['value | then', '10 USD | allow', 'The field "value" cannot be compared like this.'],
  ['value > | then', '[1] | allow', 'The cell does not complete the comparison ">" of its column.'],
  [
    'time within | then',
    '"x" | allow',
    'The cell does not complete the comparison "within" of its column.',
  ],
  ['value | then', 'stable | allow', 'The definition stable speaks of more than "value".'],
  ['value | then', 'any | any', 'Here must stand what happens.'],
  ['value | then | because', 'any | allow | 5', 'A reason is a text in quotes.'],
  ['value | then | then', 'any | allow | allow', 'The table t has more than one column "then".'],
  [
    'value | because | because | then',
    'any | any | any | allow',
    'There are two columns "because".',
  ],
  ['recipient in | then', 'nobody | allow', 'There is no list "nobody".'],
])('the columns %s with the cells %s are refused', (columns, row, message) => {
  expect(errorsEverywhere(table(columns, row))).toEqual([expect.stringContaining(message)]);
});

test('a table has one effect, and it stands in the rows', () => {
  const text = 'table t { then allow columns | value | then | row | any | allow | }';
  expect(errorsEverywhere(text)).toEqual([
    expect.stringContaining('Each row of a table says its own "then".'),
  ]);
});

test('a table has a bounded number of rows', () => {
  const rows = Array.from({ length: 501 }, () => 'any | block "x"');
  expect(errorsEverywhere(table('value | then', ...rows))).toEqual([
    expect.stringContaining('POLICY_TOO_LARGE'),
  ]);
});
