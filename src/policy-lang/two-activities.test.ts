import { expect, test } from 'vitest';
import { HEADER, policyOf, snapshotOf } from '#testing/policy-fixtures.ts';
import { answer, decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { trace } from '#policy-lang/explaining/trace.ts';

const usdc = (units: bigint) => ({ units });

/** `BLOCK otherwise`, `PENDING 1 managers`, `ALLOW`: the answer and what it rests on. */
const inShort = ({ outcome, reasons, requirements }: Decision): string =>
  [
    outcome,
    ...requirements.flatMap(({ quorums }) =>
      quorums.map(({ group, count }) => `${count} ${group}`),
    ),
    ...reasons.map(({ code, rule }) => `${code} ${rule}`),
  ].join(', ');

const PERMITS = `
rule small "Small allowances" {
  applies to allowance
  when value <= 50,000 USD
  then allow
}
rule permits "Permits" {
  applies to sign-message
  when typed-data.primary-type is "Permit"
  then allow with approval by 1 of directors
}
rule large "Large allowances" {
  applies to allowance
  when value > 10,000 USD
  then require approval by 1 of managers
}
`;
const PERMIT = { message: { kind: 'typed-data' }, typedData: { primaryType: 'Permit' } };
const governing = (activities: string) =>
  policyOf(PERMITS, HEADER.replace(/governs .*/, `governs ${activities}`));
const permitOf = (request: object) => ({
  ...snapshotOf({ ...PERMIT, ...request }),
  activity: 'allowance' as const,
  also: 'sign-message' as const,
});

test.each([
  ['what both ask for is asked for', {}, 'PENDING, 1 directors, 1 managers'],
  ['one may ask alone', usdc(9_000_000_000n), 'PENDING, 1 directors'],
  ['as an allowance it is too large', usdc(50_000_000_001n), 'BLOCK, POLICY_DENIED otherwise'],
  [
    'as a message it is of another type',
    { typedData: { primaryType: 'Order' } },
    'BLOCK, POLICY_DENIED otherwise',
  ],
])('a request of two activities: %s', (_, request, expected) => {
  const policy = governing('allowance, sign-message');
  const snapshot = permitOf(request);
  expect(inShort(decide(policy, snapshot))).toBe(expected);
  expect(inShort(answer(policy, snapshot))).toBe(expected);
  const { rules: _rules, ...traced } = trace(policy, snapshot);
  expect(traced).toEqual(decide(policy, snapshot));
});

test.each(['allowance', 'sign-message'])('it is blocked where only %s is governed', (governed) => {
  const rule = `rule all "All" { applies to ${governed} when always then allow }`;
  const policy = policyOf(rule, HEADER.replace(/governs .*/, `governs ${governed}`));
  expect(decide(policy, permitOf({})).outcome).toBe('BLOCK');
});

test('what a rule says of both is said once, and each rule is traced as what it applies to', () => {
  const policy = policyOf(
    `rule all "Everything" { applies to allowance, sign-message when always then flag "seen" }
     ${PERMITS}`,
    HEADER.replace(/governs .*/, 'governs allowance, sign-message'),
  );
  const { flags, rules } = trace(policy, permitOf({}));
  expect(flags).toEqual([{ rule: 'all', message: 'seen', indeterminate: false }]);
  expect(rules.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
    'all matched',
    'small matched',
    'permits matched',
    'large matched',
  ]);
});

test.each([
  ['a message in a total of transfers', 'sign-message', 'sum(value)', '100 USD'],
  ['an allowance in a total of messages', 'allowance', 'count(sign-message)', '0'],
])('it counts as both that it is: %s', (_, activity, total, most) => {
  const policy = policyOf(
    `rule all "Everything" { applies to allowance, sign-message when always then allow }
     rule day "Per day" { applies to ${activity} when ${total} over last 24h > ${most} then block "Enough" }`,
    HEADER.replace(/governs .*/, 'governs allowance, sign-message'),
  );
  const aggregates = new Map(policy.aggregates.map(({ key }) => [key, { total: 0n }]));
  const snapshot = { ...permitOf(usdc(9_000_000_000n)), aggregates };
  for (const says of [decide, answer, trace]) expect(says(policy, snapshot).outcome).toBe('BLOCK');
});
