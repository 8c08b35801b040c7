import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (text: string) => messagesOf('BROAD_ALLOW', `rule r { ${text} because "x" }`);

test.each([
  'when recipient in approved-vendors then allow',
  'when asset is USDC@ethereum then allow',
  'when value < 10 USD then allow',
  'when wallet tagged "ops" and sum(value) over last 24h by wallet < 10 USD then allow',
  'when always then block',
  'when always then require approval by 1 of managers',
  'when always then allow with approval by 1 of managers',
])('%s is bounded', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  'when always then allow',
  'when wallet tagged "ops" then allow',
  'when not wallet tagged "cold" or always then allow',
])('%s is too broad', (text) => {
  expect(found(text)).toEqual(['The rule r allows any amount of any asset to anybody.']);
});
