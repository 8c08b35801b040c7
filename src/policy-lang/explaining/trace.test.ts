import { expect, test } from 'vitest';
import { policyOf, snapshotOf } from '#testing/policy-fixtures.ts';
import { decideWithAtoms, trace } from './trace.ts';

/** Every way in which a rule comes to be true, and one that is missing. */
const RULES = `
rule plain { when asset is USDC@ethereum and value > 1 USD then flag }
rule negated { when not (wallet tagged "cold") and value > 1 USD then flag }
rule chosen { when (wallet tagged "cold" or value > 1 USD) and asset is USDC@ethereum then flag }
rule turned { when not (wallet tagged "cold" or value < 1 USD) then flag }
rule any { when always then flag }
rule unclear { when value > 1 EUR and wallet tagged "payments" then flag }
rule other { when wallet tagged "cold" then flag }`;

test('what the comparisons of a rule gave is the same in the short record and in the trace', () => {
  const [policy, snapshot] = [policyOf(RULES), snapshotOf({})];
  const { decision, atoms } = decideWithAtoms(policy, snapshot);
  const rules = trace(policy, snapshot).rules.filter(({ outcome }) => outcome !== 'not-matched');
  const words = ['false', 'missing', 'true'] as const;
  expect(atoms.map(({ rule, truths }) => [rule, truths.map((truth) => words[truth])])).toEqual(
    rules.map(({ id, atoms: compared }) => [id, compared.map(({ truth }) => truth)]),
  );
  expect(atoms.map(({ rule }) => rule)).toEqual(decision.matched.map(({ rule }) => rule));
  expect(atoms.map(({ rule }) => rule)).toEqual([
    'plain',
    'negated',
    'chosen',
    'turned',
    'any',
    'unclear',
  ]);
});
