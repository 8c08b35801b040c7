import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (text: string) => messagesOf('ALWAYS_MATCHES', `rule r { ${text} because "x" }`);

test.each([
  'when always then block',
  'when value > 10 USD or value < 5 USD then block',
  'when value > 10 USD or value <= 10 EUR then block',
  'when wallet tagged "a" or not wallet tagged "b" then block',
])('%s is fine', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  'when value > 10 USD or value <= 10 USD then block',
  'when value > 10 USD or value < 20 USD then block',
  'when wallet tagged "a" or not wallet tagged "a" then block',
  'when not (recipient in banned and recipient not in banned) then block',
])('%s always matches', (text) => {
  expect(found(text)).toEqual(['Every request whose data is known matches the rule r.']);
});
