import { expect, test } from 'vitest';
import { messagesOf, policyOf } from '#testing/policy-fixtures.ts';

test.each([
  'for all transfer where value > 10,000 USD never allow without approval by 1 of managers',
  'every rule can match',
  'this version at least as strict as version 11 except rule night-freeze',
])('"prove ... %s" is read, and said not to be proved', (claim) => {
  const text = `prove "a promise" { ${claim} }`;
  expect(messagesOf('NOT_PROVED', text)).toEqual(['"a promise" is not proved by this version.']);
  expect(policyOf(text).version).toBe(1);
});
