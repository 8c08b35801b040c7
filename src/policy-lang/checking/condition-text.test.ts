import { expect, test } from 'vitest';
import { VENDOR, STRANGER, WORLD } from '#testing/policy-fixtures.ts';
import { policyEverywhere } from '#testing/policy-everywhere.ts';
import { conditionText } from './condition-text.ts';

const conditionOf = (text: string) => {
  const condition = policyEverywhere(`rule r { when ${text} then block "x" }`).program.rules[0]
    ?.condition;
  if (condition === undefined) throw new Error('the rule is not there');
  return condition;
};
const again = (text: string) => conditionText(conditionOf(text), WORLD.assets);

test.each([
  'always',
  'not value > 10,000.5 USD',
  'value > 1 USD and (value < 2 USD or not (value > 3 USD and wallet tagged "a"))',
  'wallet tagged "a \\"b\\" \\\\"',
  'wallet in [wallet "wa-1", wallet "wa-2"]',
  'wallet tags has all of ["a", "b"]',
  'wallet.address in approved-vendors',
  'network in ["ethereum", "polygon"]',
  'asset in [ETH@ethereum, USDC@ethereum]',
  'asset is USDC@ethereum and amount >= 0.000001 USDC',
  `recipient in [${STRANGER}, ${VENDOR}]`,
  'not recipient in banned',
  'sender is 4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T',
  'recipient is wallet.address',
  'initiator has role "treasurer" and initiator in managers and initiator is "usr_1"',
  'screening.alert-level is HIGH or screening.risk-score >= 70.5',
  'screening.categories has any of ["a"]',
  'call.contract in lending and network is "ethereum" and call.arg "amount" <= 5 USDC',
  'call.function is "setFlag" and call.arg "enabled" is true',
  'call.value > 0.5 ETH',
  'typed-data.primary-type is "Permit" and typed-data.field "deadline" > now + 1h',
  'time within Mon, Tue, Sun 22:00..06:30 Europe/Paris',
  'sum(value) over last 24h by wallet, asset where (value > 100 USD) excluding this > 5 EUR',
  'count(distinct recipient) over calendar week > 5',
  'asset is USDC@ethereum and max(amount) over last 7d by wallet < 5 USDC',
])('%s reads the same', (text) => {
  expect(again(text)).toBe(text);
});

test.each([
  ['asset in [USDC@ethereum]', 'asset is USDC@ethereum'],
  ['recipient not in banned', 'not recipient in banned'],
  ['wallet is "wa-1"', 'wallet is wallet "wa-1"'],
  ['asset in [USDC@ethereum, ETH@ethereum]', 'asset in [ETH@ethereum, USDC@ethereum]'],
  [
    'sum(value) over last 1440min by asset, wallet > 5 USD',
    'sum(value) over last 24h by wallet, asset > 5 USD',
  ],
  ['call.contract in lending', 'call.contract in lending and network is "ethereum"'],
  ['time within Fri..Mon 08:00..09:00 UTC', 'time within Mon, Fri, Sat, Sun 08:00..09:00 UTC'],
])('%s has one spelling, %s', (text, canonical) => {
  expect(again(text)).toBe(canonical);
  expect(again(canonical)).toBe(canonical);
});

test('a definition is written out', () => {
  const rules =
    'let big = value > 5 USD or value > 9 EUR rule r { when big and always then block "x" }';
  const condition = policyEverywhere(rules).program.rules[0]?.condition;
  expect(condition && conditionText(condition, WORLD.assets)).toBe(
    '(value > 5 USD or value > 9 EUR) and always',
  );
});
