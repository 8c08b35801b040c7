import { expect, test } from 'vitest';
import { BANNED, VENDOR, messagesOf } from '#testing/policy-fixtures.ts';

const found = (allow: string, block: string) =>
  messagesOf(
    'SHARED_ADDRESS',
    `rule r { when ${allow} then allow because "x" } rule s { when ${block} then block because "x" }`,
  );

test.each([
  ['recipient in approved-vendors', 'recipient in banned'],
  ['recipient in approved-vendors', 'recipient not in approved-vendors'],
  ['recipient in approved-vendors', `recipient is ${BANNED}`],
  ['value < 5 USD', 'recipient in banned'],
])('allowing %s and blocking %s are apart', (allow, block) => {
  expect(found(allow, block)).toEqual([]);
});

test.each([
  ['recipient in approved-vendors', 'recipient in approved-vendors and value > 5 USD'],
  ['recipient in approved-vendors', `recipient in [${BANNED}, ${VENDOR}]`],
  [`recipient is ${VENDOR}`, 'recipient in approved-vendors'],
])('allowing %s and blocking %s share an address', (allow, block) => {
  expect(found(allow, block)).toEqual([
    expect.stringMatching(`^${VENDOR} stands on .*, which s blocks, and on .*, which r allows\\.$`),
  ]);
});
