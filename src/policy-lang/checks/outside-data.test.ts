import { expect, test } from 'vitest';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const found = (rule: string) => foundEverywhere('NO_FALLBACK', `rule r { ${rule} because "x" }`);

test.each([
  'when screening.alert-level >= HIGH then block if missing data then require approval by 1 of managers',
  'when screening.alert-level >= LOW then flag "look"',
  'when value > 1 USD then block',
])('%s says enough', (rule) => {
  expect(found(rule)).toEqual([]);
});

test.each([
  ['when screening.alert-level >= HIGH then block', 'screening.alert-level'],
  ['when value > 1 USD unless screening.risk-score < 5 then block', 'screening.risk-score'],
  [
    'when screening.travel-rule is "accepted" and value < 5 USD then allow',
    'screening.travel-rule',
  ],
])('%s leaves open what holds without %s', (rule, path) => {
  expect(found(rule)).toEqual([
    `The rule r rests on ${path}, and does not say what holds without it.`,
  ]);
});
