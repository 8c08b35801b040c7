import { expect, test } from 'vitest';
import { errorsEverywhere, foundEverywhere } from '#testing/policy-everywhere.ts';

const when = (condition: string) => `rule r { when ${condition} then block "x" }`;
const CALL = 'call.contract in lending and call.function is "supply" and call.arg "amount" >';

test.each([
  'value > 10,000.01 USD',
  'asset is USDC@ethereum and amount > 0.000001 USDC',
  'asset is ETH@ethereum and amount > 0.000000000000000001 ETH',
  `${CALL} 0.000001 USDC`,
  'screening.risk-score > 70.123456789012345678',
])('%s has the digits of its unit', (condition) => {
  expect(errorsEverywhere(when(condition))).toEqual([]);
});

test.each([
  ['value > 0.001 USD', 'USD has at most 2 digits after the point, but here stand 3.'],
  [
    'asset is USDC@ethereum and amount > 0.0000001 USDC',
    'USDC@ethereum has at most 6 digits after the point, but here stand 7.',
  ],
  [
    `${CALL} 0.0000001 USDC`,
    'USDC@ethereum has at most 6 digits after the point, but here stand 7.',
  ],
  [`${CALL} 0.5`, 'This number has no digits after the point, but here stand 1.'],
  [
    'count(transfer) over last 1h > 1.5',
    'This number has no digits after the point, but here stand 1.',
  ],
])('%s has more', (condition, message) => {
  expect(foundEverywhere('TOO_MANY_DECIMALS', when(condition))).toEqual([message]);
});
