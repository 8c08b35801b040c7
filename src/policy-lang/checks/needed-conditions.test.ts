import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (text: string) => messagesOf('REDUNDANT', `rule r { ${text} because "x" }`);

test.each([
  'when value > 10 USD and value < 20 USD then block',
  'when value > 10 USD and value > 20 EUR then block',
  'when recipient in approved-vendors and recipient not in banned then allow',
  'when wallet tagged "a" or wallet tagged "b" then block',
  'when sum(value) over last 24h by wallet > 10 USD or value > 5 USD then block',
  'when asset is ETH@ethereum and amount > 2.5 ETH then block',
])('%s has no idle part', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  ['when value > 10 USD and value > 20 USD then block', 'value > 10 USD'],
  ['when value > 20 USD or value > 10 USD then block', 'value > 20 USD'],
  ['when value > 10 USD and value > 10 USD then block', 'value > 10 USD'],
  [
    'when asset is USDC@ethereum and asset in [USDC@ethereum, EURC@ethereum] then block',
    'asset in',
  ],
  ['when value > 5 USD and (value > 9 USD or value > 7 USD) then block', 'value > 5 USD'],
  [
    'when wallet tagged "a" and (wallet tagged "a" or value > 7 USD) then block',
    'wallet tagged "a" or',
  ],
])('%s has an idle part', (text, part) => {
  const [first, ...more] = found(text);
  expect(first).toContain('changes nothing');
  expect([first, ...more].join()).toContain(part);
});
