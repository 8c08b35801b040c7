import { expect, test } from 'vitest';
import { errorsEverywhere, foundEverywhere } from '#testing/policy-everywhere.ts';

const when = (condition: string) => `rule r { when ${condition} then block "x" }`;

test.each([
  'call.contract in lending and call.function in ["supply", "swap"]',
  'call.function is "anything"',
  'call.contract in lending and call.arg "amount" > 5',
  'call.arg "params.amountIn" > 5',
  'call.function is "supply" and call.arg "mode" is "x"',
  'typed-data.primary-type is "Order" and typed-data.field "price.amount" > 5 USDC',
  'typed-data.primary-type is "Permit" and typed-data.field "spender" in banned',
])('%s is in the imported contracts', (condition) => {
  expect(errorsEverywhere(when(condition))).toEqual([]);
});

test.each([
  [
    'call.contract in lending and call.function is "suply"',
    'The contracts lending have no function "suply". => "supply"',
  ],
  [
    'call.arg "amout" > 5',
    'None of the imported contracts has the argument "amout" here. => "amount"',
  ],
  [
    'call.function is "swap" and call.arg "amount" > 5',
    'None of the imported contracts has the argument "amount" here.',
  ],
  ['call.arg "mode" is "x"', '"mode" is of several types: text, number.'],
  ['call.arg "ids" is 5', '"ids" is a list or a structure, which nothing compares.'],
  [
    'typed-data.primary-type is "Nothing" and typed-data.field "value" > 5',
    'No imported type says what "value" is.',
  ],
  [
    'typed-data.primary-type is "Order" and typed-data.field "maket" is wallet.address',
    'None of the imported contracts has the field "maket" here. => "maker"',
  ],
])('%s is not', (condition, message) => {
  expect(foundEverywhere('BAD_ABI', when(condition))).toEqual([message]);
});
