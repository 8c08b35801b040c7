import { expect, test } from 'vitest';
import { messagesOf } from '#testing/policy-fixtures.ts';

const ASK = 'require approval by 1 of managers';
const ALLOW_WITH = 'allow with approval by 1 of managers';
const found = (effect: string, fallback: string, more = 'owner "x"') =>
  messagesOf(
    'LOOSE_FALLBACK',
    `rule r { when value > 1 USD then ${effect} if missing data then ${fallback} ${more} }`,
  );

test.each([
  ['block', 'block "No data"'],
  [ASK, ASK],
  [ASK, 'block'],
  ['allow', 'block'],
  ['allow', ASK],
  [ALLOW_WITH, 'block'],
])('%s with %s is no looser', (effect, fallback) => {
  expect(found(effect, fallback)).toEqual([]);
});

test.each([
  ['block', ASK],
  ['block', 'allow'],
  [ASK, 'allow'],
  [ASK, ALLOW_WITH],
  ['allow', 'allow'],
  [ALLOW_WITH, 'allow'],
])('%s with %s is looser, and needs a because', (effect, fallback) => {
  expect(found(effect, fallback)).toEqual([
    'Missing data loosens the rule r, and nothing says why.',
  ]);
  expect(found(effect, fallback, 'because "the price feed is optional"')).toEqual([]);
});

test.each([
  ['Large payments are rare', false],
  ['The prices come late at night', true],
  ['Data may be missing at night', true],
  ['Evaluation', false],
  ['Where its value is not known, nobody waits', true],
])('the reason "%s" speaks of what is missing: %s', (because, excuses) => {
  expect(found('block', 'allow', `because "${because}"`)).toHaveLength(excuses ? 0 : 1);
});
