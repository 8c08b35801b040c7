import { expect, test } from 'vitest';
import { policyOf } from '#testing/policy-fixtures.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { untested } from './tested-rules.ts';

const RULE = 'rule big { when value > 10 USD then block "x" }';
const pay = (amount: string) => `test "${amount}" {
  given transfer { asset = USDC@ethereum; amount = ${amount} USDC; }
  given price USDC@ethereum = 1.00 USD
  expect ${Number(amount) > 10 ? '' : 'not '}matched big
}`;
const found = (tests: readonly string[]) => {
  const policy = policyOf([RULE, ...tests.map(pay)].join('\n'));
  return untested(policy, runTests(policy)).map(({ message }) => message);
};

test('a rule that a test matches, with a test on each side of its limit, is tested', () => {
  expect(found(['9.99', '10', '10.01'])).toEqual([]);
});

test('what no test tries is named', () => {
  expect(found([])).toEqual([
    'No test matches the rule big.',
    'No test tries the rule big with a value of 9.99 USD, 10.00 USD, 10.01 USD.',
  ]);
  expect(found(['11', '10'])).toEqual([
    'No test tries the rule big with a value of 9.99 USD, 10.01 USD.',
  ]);
});
