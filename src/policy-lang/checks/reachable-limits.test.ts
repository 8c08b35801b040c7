import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (one: string, other: string) =>
  messagesOf('DEAD_LIMIT', `rule r { ${one} because "x" } rule s { ${other} because "x" }`);

const DAY = 'sum(value) over last 24h by wallet';

test.each([
  ['when value > 10,000 USD then block', `when ${DAY} > 50,000 USD then block`],
  ['when value > 90,000 USD then block', `when ${DAY} excluding this > 50,000 USD then block`],
  ['when value > 90,000 EUR then block', `when ${DAY} > 50,000 USD then block`],
  [
    'when value > 90,000 USD then block',
    `when ${DAY} > 50,000 USD and wallet tagged "a" then block`,
  ],
  [
    'when value > 90,000 USD then block',
    `when ${DAY} > 50,000 USD then require approval by 1 of managers`,
  ],
])('%s can be reached beside %s', (single, window) => {
  expect(found(single, window)).toEqual([]);
});

test.each([
  ['when value > 90,000 USD then block', `when ${DAY} > 50,000 USD then block`],
  ['when value > 50,000 USD then block', `when ${DAY} > 50,000 USD then block`],
  [
    'when value > 90,000 USD and wallet tagged "a" then block',
    `when ${DAY} > 50,000 USD and wallet tagged "a" then block`,
  ],
])('%s is never reached beside %s', (single, window) => {
  expect(found(single, window)).toEqual([
    expect.stringMatching(/^The rule r never decides: .* the limit of s \(50,000\.00 USD\)/),
  ]);
});
