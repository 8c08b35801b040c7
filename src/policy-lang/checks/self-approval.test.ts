import { expect, test } from 'vitest';
import { foundEverywhere, policyEverywhere } from '#testing/policy-everywhere.ts';

const found = (effect: string) =>
  foundEverywhere('SELF_APPROVAL', `rule r { when value > 1 USD then ${effect} because "x" }`);

test.each([
  'require approval by 1 of managers',
  'require approval by 1 of managers, not by initiator',
  'allow',
])('%s keeps the initiator out', (effect) => {
  expect(found(effect)).toEqual([]);
});

test.each([
  'require approval by 1 of managers, also by initiator',
  'allow with approval by 1 of managers, also by initiator, expires after 1h',
  'block if missing data then require approval by 1 of managers, also by initiator',
])('%s lets the initiator in', (effect) => {
  expect(found(effect)).toEqual(['The rule r lets the initiator approve the own request.']);
});

const excludesInitiator = (option: string) => {
  const text = `rule r { when value > 1 USD then require approval by 1 of managers${option} because "x" }`;
  const effect = policyEverywhere(text).program.rules[0]?.effect;
  return effect?.kind === 'require' ? effect.requirement.excludeInitiator : undefined;
};

test('without a word the initiator is excluded, and only "also by initiator" changes it', () => {
  expect(excludesInitiator('')).toBe(true);
  expect(excludesInitiator(', not by initiator')).toBe(true);
  expect(excludesInitiator(', also by initiator')).toBe(false);
});
