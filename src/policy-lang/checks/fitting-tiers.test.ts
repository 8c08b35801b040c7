import { expect, test } from 'vitest';
import { faultsOf } from '#testing/policy-fixtures.ts';

const found = (text: string) =>
  faultsOf(text)
    .filter(({ code }) => code === 'GAP' || code === 'OVERLAP')
    .map(({ message }) => message);
const two = (one: string, other: string) =>
  found(`rule r { ${one} because "x" } rule s { ${other} because "x" }`);
const M1 = 'require approval by 1 of managers';
const M2 = 'require approval by 2 of managers';

test.each([
  [`when value <= 10,000 USD then ${M1}`, `when value > 10,000 USD then ${M2}`],
  [`when value < 10,000 USD then ${M1}`, `when value >= 10,000 USD then ${M2}`],
  [`when value > 10,000 USD then ${M1}`, `when value > 50,000 USD then ${M2}`],
  [`when value < 10,000 USD then ${M1}`, `when value > 50,000 USD then ${M2}`],
  [`when value < 10,000 USD then ${M1}`, `when value > 10,000 EUR then ${M2}`],
  [`when value < 10 USD and wallet tagged "a" then ${M1}`, `when value > 10 USD then ${M2}`],
  [`when value <= 10,000 USD then ${M1}`, `when value >= 10,000 USD then ${M1}`],
])('%s and %s fit together', (one, other) => {
  expect(two(one, other)).toEqual([]);
});

test.each([
  [
    `when value < 10,000 USD then ${M1}`,
    `when value > 10,000 USD then ${M2}`,
    'Neither r nor s covers exactly 10,000.00 USD.',
  ],
  [
    `when value > 10,000 USD then ${M2}`,
    `when value < 10,000 USD then ${M1}`,
    'Neither s nor r covers exactly 10,000.00 USD.',
  ],
  [
    `when value <= 10,000 USD then ${M1}`,
    `when value >= 10,000.01 USD then ${M2}`,
    'Neither r nor s covers what lies between 10,000.00 USD and 10,000.01 USD.',
  ],
  [
    `when value <= 10,000 USD then ${M1}`,
    `when value >= 10,000 USD then ${M2}`,
    'Both r and s cover exactly 10,000.00 USD.',
  ],
  [
    `when asset is USDC@ethereum and amount < 5 USDC then ${M1}`,
    `when asset is USDC@ethereum and amount > 5 USDC then ${M2}`,
    'Neither r nor s covers exactly 5 USDC.',
  ],
  [
    `when sum(value) over last 24h by wallet < 5 USD then ${M1}`,
    `when sum(value) over last 24h by wallet > 5 USD then ${M2}`,
    'Neither r nor s covers exactly 5.00 USD.',
  ],
])('%s and %s do not', (one, other, message) => {
  expect(two(one, other)).toEqual([message]);
});

const table = (...rows: string[]) =>
  found(`table t "Tiers" { applies to transfer
    columns | wallet tagged | value | then |
    ${rows.map((row) => `row | ${row} |`).join('\n')} }`);

test('rows of a table meet', () => {
  expect(
    table(
      `"ops" | up to 100,000 USD | ${M1}`,
      `"ops" | above 100,000 USD | ${M2}`,
      `"cold" | above 100,000 USD | ${M2}`,
    ),
  ).toEqual([]);
});

test('rows of a table leave nothing out, and do not overlap', () => {
  expect(table(`"ops" | up to 100,000 USD | ${M1}`, `"ops" | above 250,000 USD | ${M2}`)).toEqual([
    'Neither t/1 nor t/2 covers above 100,000.00 USD up to 250,000.00 USD.',
  ]);
  expect(table(`"ops" | up to 100,000 USD | ${M1}`, `"ops" | above 50,000 USD | ${M2}`)).toEqual([
    expect.stringMatching(/^Both t\/1 and t\/2 cover /),
  ]);
});
