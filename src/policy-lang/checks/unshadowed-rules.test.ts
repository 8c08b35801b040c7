import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (one: string, other: string) =>
  messagesOf('SHADOWED', `rule r { ${one} because "x" } rule s { ${other} because "x" }`);

test.each([
  ['when value > 10 USD then block', 'when value > 10 EUR then block'],
  ['when value > 10 USD then block', 'when value > 5 USD then require approval by 1 of managers'],
  [
    'when value > 10 USD then require approval by 2 of managers',
    'when value > 5 USD then require approval by 1 of managers',
  ],
  [
    'when value > 10 USD then require approval by 1 of managers',
    'when value > 5 USD then require approval by 1 of directors',
  ],
  ['when value > 10 USD then require approval by 1 of managers', 'when value > 5 USD then allow'],
  [
    'when value < 10 USD then allow',
    'when value < 20 USD then allow with approval by 1 of managers',
  ],
  ['when value > 10 USD then block', 'when value > 5 USD then block if missing data then allow'],
  ['when recipient in banned then block', 'when recipient in approved-vendors then block'],
  ['when value > 10 USD then flag "big"', 'when value > 5 USD then block'],
])('%s beside %s stands alone', (one, other) => {
  expect(found(one, other)).toEqual([]);
});

test.each([
  ['when value > 10 USD then block', 'when value > 5 USD then block'],
  ['when value > 10 USD and wallet tagged "a" then block', 'when wallet tagged "a" then block'],
  [
    'when value > 10 USD then require approval by 1 of managers',
    'when value >= 10 USD then require approval by 2 of managers, expires after 2h',
  ],
  ['when value < 10 USD then allow', 'when value < 20 USD then allow'],
  ['when recipient in banned and value < 10 USD then allow', 'when recipient in banned then block'],
  ['when value > 10 USD then require approval by 1 of managers', 'when always then block'],
  [
    'when value > 10 USD or wallet tagged "a" then block',
    'when wallet tagged "a" or value > 5 USD then block',
  ],
  [
    'when asset in [USDC@ethereum, EURC@ethereum] then block',
    'when asset in [EURC@ethereum, ETH@ethereum, USDC@ethereum] then block',
  ],
])('%s is shadowed by %s', (one, other) => {
  expect(found(one, other)).toEqual([expect.stringMatching(/^The rule r changes nothing: s /)]);
  expect(found(other, one)).toEqual([expect.stringMatching(/^The rule s changes nothing: r /)]);
});

test('of two rules that say the same the later one is named', () => {
  const same = 'when value > 10 USD then block';
  expect(found(same, same)).toEqual([expect.stringMatching(/^The rule s changes nothing: r /)]);
});
