import { expect, test } from 'vitest';
import { messagesOf, policyOf } from '#testing/policy-fixtures.ts';

const RULES = `rule vendors { when recipient in approved-vendors then allow because "x" }
  rule managers { when value > 10,000 USD then require approval by 1 of managers because "x" }`;
const found = (claim: string, more = '') =>
  messagesOf('NOT_PROVED', `${RULES} ${more} prove "a promise" { ${claim} }`);

test.each([
  'for all transfer where value > 10,000 USD never allow without approval by 1 of managers',
  'for all transfer where recipient in banned never allow',
  'every rule can match',
])('"prove ... %s" is proved', (claim) => {
  expect(found(claim)).toEqual([]);
  expect(policyOf(`prove "a promise" { ${claim} }`).proves).toHaveLength(1);
});

test.each([
  [
    'for all transfer where value > 5,000 USD never allow without approval by 1 of managers',
    '"a promise" does not hold: a request breaks it.',
  ],
  [
    'for all transfer where value > 10,000 USD and value < 5,000 USD never allow',
    '"a promise" is vacuous: it is about no request: its "where" is never true.',
  ],
  [
    'for all transfer where recipient in banned and recipient in approved-vendors never block',
    '"a promise" is vacuous: it is about no request: its "where" is never true.',
  ],
  [
    'this version at least as strict as version 11 except rule night-freeze',
    '"a promise" is not proved here: version 11 is not at hand.',
  ],
])('"prove ... %s" is not', (claim, message) => {
  expect(found(claim)).toEqual([message]);
});

test('a rule that cannot match is named', () => {
  const dead = 'rule dead { when value > 5 USD and value < 4 USD then block because "x" }';
  expect(found('every rule can match', dead)).toEqual([
    '"a promise" does not hold: no request can match dead.',
  ]);
});
