import { expect, test } from 'vitest';
import { CHANGE_KINDS } from '#policy-lang/change-kinds.ts';
import { foundEverywhere } from '#testing/policy-everywhere.ts';
import { messagesOf } from '#testing/policy-fixtures.ts';

const found = (text: string) => messagesOf('NEVER_MATCHES', `rule r { ${text} because "x" }`);

test.each([
  'when value > 10 USD and value < 20 USD then block',
  'when value >= 10 USD and value <= 10 USD then block',
  'when asset is USDC@ethereum and value <= 0 USD and amount <= 5 USDC then block',
  'when wallet tagged "a" and not wallet tagged "b" then block',
  'when recipient in approved-vendors and recipient not in banned then allow',
  'when value > 10 USD and sum(value) over last 24h by wallet > 5 USD then block',
  'when value > 10 USD and sum(value) over last 24h by wallet excluding this < 5 USD then block',
  'when time within Mon..Fri 08:00..18:00 Europe/Paris and time within Mon..Fri 08:00..18:00 America/New_York then block',
])('%s can match', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  'when value > 20 USD and value < 10 USD then block',
  // A price is above zero.
  'when asset is USDC@ethereum and value <= 0 USD and amount > 5 USDC then block',
  'when value > 10 USD and value < 10 USD then block',
  'when wallet tagged "a" and not wallet tagged "a" then block',
  'when recipient in approved-vendors and recipient in banned then allow',
  'when asset is USDC@ethereum and asset is EURC@ethereum then allow',
  'when asset is USDC@ethereum and network is "polygon" then allow',
  'when value > 10 USD and sum(value) over last 24h by wallet < 5 USD then block',
  'when sum(value) over last 7d by wallet < 5 USD and sum(value) over last 24h by wallet > 5 USD then block',
  'when time within Mon..Fri 08:00..10:00 Europe/Paris and time within Mon..Fri 08:00..10:00 Asia/Tokyo then block',
  'when screening.alert-level >= HIGH and screening.alert-level is LOW then block',
])('%s never can', (text) => {
  expect(found(text)).toEqual(['No request can match the rule r.']);
});

const otherThan = (kinds: readonly string[]) =>
  foundEverywhere(
    'NEVER_MATCHES',
    `rule r { applies to policy-change when change.kind not in [${kinds.join(', ')}] then block }`,
  );

test('a change is of one of the known kinds', () => {
  expect(otherThan(['"assign"', '"deactivate"'])).toEqual([]);
  expect(otherThan(CHANGE_KINDS.map((kind) => `"${kind}"`))).toEqual([
    'No request can match the rule r.',
  ]);
});
