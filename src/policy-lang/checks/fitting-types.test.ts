import { expect, test } from 'vitest';
import { VENDOR } from '#testing/policy-fixtures.ts';
import { errorsEverywhere, foundEverywhere } from '#testing/policy-everywhere.ts';

const when = (condition: string) => `rule r { when ${condition} then block "x" }`;
const IN_SUPPLY = 'call.contract in lending and call.function is "supply" and';

test.each([
  'wallet tagged "ops" and wallet in [wallet "wa-1", wallet "wa-2"] and wallet is "wa-1"',
  'wallet tags has all of ["a", "b"] and wallet tags has any of ["c"]',
  'wallet.address not in approved-vendors and recipient is wallet.address',
  'asset is USDC@ethereum and amount > 2.5 USDC',
  'asset is ETH@ethereum and (amount > 2.5 ETH or value > 10 USD)',
  'not initiator has role "treasurer" and initiator is not "usr_1"',
  'screening.alert-level >= HIGH or screening.alert-level is not NONE',
  'screening.risk-score >= 70.5 and screening.risk-score is 80',
  'screening.direct-exposure has any of ["sanctions", "darknet"]',
  `${IN_SUPPLY} call.arg "amount" <= 500,000 USDC and call.arg "amount" is 5`,
  `${IN_SUPPLY} call.arg "onBehalfOf" is wallet.address and call.arg "asset" in [${VENDOR}]`,
  `${IN_SUPPLY} call.arg "mode" is "fast"`,
  'call.function is "setFlag" and call.arg "enabled" is not false',
  'call.value > 1 ETH',
  'typed-data.primary-type is "Permit" and typed-data.field "deadline" > now + 1h',
  'time within Mon..Fri, Sun 22:00..06:00 Europe/Paris',
  'asset is USDC@ethereum and sum(amount) over calendar month by wallet > 5 USDC',
  'count(distinct recipient) over calendar week > 5',
  'max(value) over last 30d by wallet, recipient where (value > 5 USD) excluding this < 9 EUR',
])('%s compares what fits', (condition) => {
  expect(errorsEverywhere(when(condition))).toEqual([]);
});

test.each([
  ['value > 10,000', 'An amount needs a currency.'],
  ['value > HIGH', 'An amount must stand here.'],
  ['amount > 10 ETH', 'Nothing in this condition says that the asset is ETH.'],
  ['asset is USDC', 'An asset must stand here.'],
  ['asset is EURC', 'An asset must stand here. => EURC@ethereum'],
  [`recipient is "${VENDOR}"`, `Addresses are written without quotes. => ${VENDOR}`],
  ['recipient in managers', 'managers is a group of people, not a list of addresses.'],
  ['initiator in banned', 'banned is a list of addresses, not a group of people.'],
  ['recipient is value', 'An address, or a field that is one, must stand here.'],
  ['screening.alert-level >= high', 'A level must stand here: NONE, LOW, MEDIUM, HIGH, SEVERE.'],
  [
    'screening.alert-level >= HIHG',
    'A level must stand here: NONE, LOW, MEDIUM, HIGH, SEVERE. => HIGH',
  ],
  ['screening.risk-score > 70 USD', 'A number without a unit must stand here.'],
  ['wallet tagged " ops"', 'A tag is not empty and has no spaces around it. => "ops"'],
  ['wallet tags has any of approved', 'The texts are written out, in square brackets.'],
  ['wallet "wa-1" tagged "ops"', 'The field "wallet" takes no name in quotes.'],
  ['call.function is supply', 'A text in quotes must stand here.'],
  [`${IN_SUPPLY} call.arg "amount" is HIGH`, 'A number without a unit must stand here.'],
  [
    `${IN_SUPPLY} call.arg "amount" in banned`,
    '"amount" is a number, and cannot be compared like this.',
  ],
  [
    `${IN_SUPPLY} call.arg "amount" > 1 USD`,
    'An amount is compared in units of its asset, but USD is a currency.',
  ],
  [`${IN_SUPPLY} call.arg "asset" > 5`, '"asset" is a address, and cannot be compared like this.'],
  ['call.function is "setFlag" and call.arg "enabled" is 1', 'Here must stand true or false.'],
  ['sum(value) over last 24h by wallet', 'A total is compared with an amount or a number.'],
  ['sum(recipient) over last 24h > 5', 'A sum is of values or of amounts.'],
  ['count(value) over last 24h > 5', 'Here must stand the activity that is counted.'],
  ['count(distinct value) over last 24h > 5', 'Here must stand what is counted once each.'],
  ['count(transfer) over last 24h > 5 USD', 'A number without a unit must stand here.'],
  [
    'sum(value) over last 1h where (sum(value) over last 1h > 1 USD) > 5 USD',
    'A total cannot stand inside of another one.',
  ],
  [
    'asset in [USDC@ethereum, USDC@polygon] and sum(amount) over last 1h > 5 USDC',
    'Amounts are added up of one asset at a time.',
  ],
])('%s does not', (condition, message) => {
  expect(foundEverywhere('TYPE_MISMATCH', when(condition))).toEqual([message]);
});

test('a definition is a condition of its own, and is not compared', () => {
  const text = `let large = value > 5 USD ${when('large is true')}`;
  expect(foundEverywhere('TYPE_MISMATCH', text)).toEqual([
    '"large" is a condition already, and is not compared.',
  ]);
  const second = `let a = sum(value) over last 1h > 1 USD ${when('count(transfer) over last 1h where (a) > 5')}`;
  expect(foundEverywhere('TYPE_MISMATCH', second)).toEqual([
    'A total cannot stand inside of another one.',
  ]);
});
