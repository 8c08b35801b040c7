import { expect, test } from 'vitest';
import { STRANGER, VENDOR } from '#testing/policy-fixtures.ts';
import { POOL, errorsEverywhere, foundEverywhere } from '#testing/policy-everywhere.ts';

const when = (condition: string) => `rule r { when ${condition} then block "x" }`;

test.each([
  `recipient is ${VENDOR}`,
  `recipient in [${VENDOR}, ${STRANGER}]`,
  `call.contract is ${POOL}`,
  'sender is 4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T',
])('%s is sound', (condition) => {
  expect(errorsEverywhere(when(condition))).toEqual([]);
});

test.each([
  [`recipient is ${VENDOR.toLowerCase()}`, 'The address is written without its checksum (EIP-55).'],
  [
    `recipient in [${VENDOR.replace('6E0F', '6e0F')}]`,
    'The checksum of the address is wrong (EIP-55): a digit or a capital was mistyped.',
  ],
  [`call.contract is ${POOL}00`, 'This is not an address: it has 42 digits.'],
])(
  '%s is not, and no change is proposed: only the source of an address is right',
  (condition, message) => {
    expect(foundEverywhere('BAD_ADDRESS', when(condition))).toEqual([message]);
  },
);
