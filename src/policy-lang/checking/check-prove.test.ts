import { expect, test } from 'vitest';
import { faultsOf } from '#testing/policy-fixtures.ts';

const found = (claim: string) =>
  faultsOf(`prove "a promise" { ${claim} }`)
    .filter(({ code }) => code !== 'NOT_PROVED')
    .map(({ code, message }) => `${code}: ${message}`);

test.each([
  'for all transfer where value > 10,000 USD never allow without approval by 1 of managers',
  'for all transfer where recipient in banned never allow',
  'for all transfer never block',
  'for all transfer never flag',
  'every rule can match',
  'this version at least as strict as version 11 except rule night-freeze',
])('"%s" makes sense', (claim) => {
  expect(found(claim)).toEqual([]);
});

test.each([
  [
    'for all transfer where sender in banned never allow',
    'NOT_AVAILABLE: There is no "sender" in the activity transfer.',
  ],
  [
    'for all transfer where recipient in nobody never allow',
    'UNKNOWN_NAME: There is no list "nobody".',
  ],
  [
    'for all transfer never allow without approval by 1 of nobody',
    'UNKNOWN_NAME: There is no group "nobody".',
  ],
  [
    'for all transfer never block without approval by 1 of managers',
    'TYPE_MISMATCH: Only "never allow" can say "without approval", not "never block".',
  ],
  [
    'for all transfer never require approval by 1 of managers',
    'TYPE_MISMATCH: A promise names no approval behind "never".',
  ],
  [
    'for all transfer never allow with approval by 1 of managers',
    'TYPE_MISMATCH: A promise names no approval behind "never".',
  ],
  [
    'this version at least as strict as version 0',
    'BAD_NUMBER: The number must be from 1 to 9007199254740991, but here stands 0.',
  ],
])('"%s" does not', (claim, message) => {
  expect(found(claim)).toEqual([message]);
});
