import { expect, test } from 'vitest';
import { HEADER, SUPPORT, VENDOR, WORLD, policyFile } from '#testing/policy-fixtures.ts';
import { mutantsOf } from './mutants.ts';
import { chooseMutants, scoreOf, tryMutant } from './run-mutants.ts';

const messages = (text: string): string[] =>
  mutantsOf(policyFile(text)).map(({ message }) => message);

test.each([
  [
    'when value > 1,000 USD then block',
    ['With ">=" for ">".', 'With 1,000.01 USD for 1,000 USD.', 'With 2,000 USD for 1,000 USD.'],
  ],
  [
    'when wallet tagged "a" and recipient in banned then block',
    [
      'With "or" for "and".',
      'Without wallet tagged "a".',
      'Without recipient in banned.',
      'With "not in" for "in".',
    ],
  ],
  ['when not always then block', ['Without "not" before always.']],
  ['when recipient not in banned then block', ['Without "not".']],
  [
    'when always then require approval by 2 of managers',
    ['With 1 of managers for 2 of managers.', 'With 3 of managers for 2 of managers.'],
  ],
  ['when asset is USDC@ethereum then block', ['With "is not" for "is".']],
])('%s has its mutants', (clauses, expected) => {
  expect(messages(`rule a { ${clauses} }`)).toEqual(['Without the rule a.', ...expected]);
});

test('rows of a table, definitions and nothing of tests and proofs are mutated', () => {
  const text = `
let big = value > 5 USD
table t {
  columns | wallet tagged | value        | then |
  row     | "a"           | up to 10 USD | allow |
}
test "x" { given transfer { amount = 5 USDC; } expect allow }
prove "y" { for all transfer where value > 7 USD never allow }`;
  expect(messages(text)).toEqual([
    'With ">=" for ">".',
    'With 5.01 USD for 5 USD.',
    'With 10 USD for 5 USD.',
    'Without this row.',
    'With 10.01 USD for 10 USD.',
    'With 20 USD for 10 USD.',
  ]);
});

const RULES = `${HEADER}
rule vendors "Vendors" { when recipient in approved-vendors then allow }
rule large "Large" { when value > 1,000 USD then block }`;
const pays = (amount: string, expected: string) => `
test "${amount}" {
  given transfer { asset = USDC@ethereum; amount = ${amount} USDC; recipient = ${VENDOR}; }
  given price USDC@ethereum = 1.00 USD
  expect ${expected}
}`;

function survivors(tests: string): string[] {
  const files = [policyFile(RULES + tests), ...SUPPORT];
  return chooseMutants(files, 100, 'a')
    .map((mutant) => tryMutant(files, mutant, WORLD))
    .filter(({ verdict }) => verdict === 'survived')
    .map(({ mutant }) => mutant.message);
}

test('tests on each side of a limit notice everything, tests far from it do not', () => {
  expect(survivors(pays('5', 'allow') + pays('9,000', 'block'))).toEqual([
    'With ">=" for ">".',
    'With 1,000.01 USD for 1,000 USD.',
    'With 2,000 USD for 1,000 USD.',
  ]);
  const close = pays('1,000', 'allow') + pays('1,000.01', 'block');
  expect(survivors(close)).toEqual([]);
});

test('a mutant that does not compile is nobody’s to notice', () => {
  const files = [
    policyFile(`${HEADER}rule a { when always then require approval by 2 of managers }`),
    ...SUPPORT,
  ];
  const results = chooseMutants(files, 100, 'a').map((mutant) => tryMutant(files, mutant, WORLD));
  // Three of two managers cannot approve.
  expect(results.map(({ verdict }) => verdict)).toEqual(['survived', 'survived', 'invalid']);
  expect(scoreOf(results)).toBe(0);
  expect(scoreOf([])).toBe(100);
});

test('the seed chooses, and the same seed the same ones', () => {
  const files = [policyFile(RULES), ...SUPPORT];
  const chosen = (seed: string) => chooseMutants(files, 3, seed).map(({ message }) => message);
  expect(chosen('a')).toHaveLength(3);
  expect(chosen('a')).toEqual(chosen('a'));
  const all = new Set(['a', 'b', 'c', 'd', 'e', 'f'].map((seed) => chosen(seed).join()));
  expect(all.size).toBeGreaterThan(1);
});
