import { expect, test } from 'vitest';
import { foundEverywhere, policyEverywhere } from '#testing/policy-everywhere.ts';

const activitiesOf = (rule: string) =>
  policyEverywhere(`rule r { ${rule} then block "x" }`).program.rules[0]?.activities.join(' ');

test.each([
  ['when recipient in banned', 'transfer allowance unlimited-allowance'],
  ['when sender in banned', 'incoming'],
  ['when value > 1 USD', 'transfer allowance unlimited-allowance contract-call incoming'],
  [
    'when wallet tagged "x"',
    'transfer allowance unlimited-allowance contract-call sign-message incoming',
  ],
  ['when call.value > 1 ETH', 'contract-call'],
  ['when message.kind is "raw"', 'sign-message'],
  ['when change.target is "x"', 'permission-change policy-change'],
  ['when change.role is "x"', 'permission-change'],
  [
    'when initiator has role "x"',
    'transfer allowance unlimited-allowance contract-call sign-message permission-change policy-change',
  ],
  ['when sum(value) over last 1h > 1 USD', 'transfer allowance unlimited-allowance'],
  ['when count(allowance) over last 1h > 1', 'allowance unlimited-allowance'],
  ['when count(unlimited-allowance) over last 1h > 1', 'unlimited-allowance'],
  ['when count(contract-call) over last 1h > 1', 'contract-call'],
  ['applies to contract-call when count(transfer) over last 1h by wallet > 1', 'contract-call'],
  [
    'applies to policy-change, transfer when time within Mon 08:00..09:00 UTC',
    'policy-change transfer',
  ],
])('%s applies to %s', (rule, activities) => {
  expect(activitiesOf(rule)).toBe(activities);
});

test.each([
  [
    'applies to sign-message when recipient in banned',
    'There is no "recipient" in the activity sign-message.',
  ],
  [
    'applies to transfer, incoming when value > 1 USD unless sender in banned',
    'There is no "sender" in the activity transfer.',
  ],
  [
    'applies to incoming when sum(value) over last 1h by recipient > 1 USD',
    'There is no sum(value) in the activity incoming.',
  ],
  [
    'when count(transfer) over last 1h where (sender in banned) > 5',
    'There is no "sender" in the activity transfer.',
  ],
  [
    'when recipient in banned or sender in banned',
    'No activity has all the fields that the rule uses: "recipient", "sender".',
  ],
])('%s uses a field that is not there', (rule, message) => {
  const text = `rule r { ${rule} then block "x" }`;
  expect(foundEverywhere('NOT_AVAILABLE', text)).toEqual([message]);
});

test('the fields of a definition count where it is used', () => {
  const text = `let odd = sender in banned rule r { applies to transfer when odd then block "x" }`;
  expect(foundEverywhere('NOT_AVAILABLE', text)).toEqual([
    'There is no "sender" in the activity transfer.',
  ]);
});
