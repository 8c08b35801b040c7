/**
 * What would break a promise, as questions: the promise holds where none of them has an answer.
 * Missing data never helps: a request counts as meant by a condition unless the condition is false.
 */
import type { CheckedClaim } from '#policy-lang/checking/checked-policy.ts';
import type { Decision } from '#policy-lang/decision.ts';
import { CAN_BE_MISSING, CAN_BE_TRUE, type Formula } from './formula.ts';
import type { ModelledPolicy, RuleSet } from './model.ts';
import { asksAsMuch } from './contributions.ts';
import { blockedWays, demandsOf, flags, goesThrough, unmet } from './outcomes.ts';
import type { Clause } from './search.ts';

export type NeverClaim = Extract<CheckedClaim, { kind: 'never' }>;

/** The ways in which a request can break `never ...`. */
export function waysToBreak(
  policy: ModelledPolicy,
  claim: NeverClaim,
): readonly (readonly Clause[])[] {
  const meant = whereNotFalse(policy.read(claim.where));
  return waysWithout(policy, claim).map((clauses) => [meant, ...clauses]);
}

export const whereNotFalse = (formula: Formula): Clause => [
  { formula, truths: CAN_BE_TRUE | CAN_BE_MISSING },
];

function waysWithout(policy: ModelledPolicy, claim: NeverClaim): readonly (readonly Clause[])[] {
  switch (claim.effect) {
    case 'block':
      return blockedWays(policy);
    case 'flag':
      return [[flags(policy)]];
    default: {
      const through = goesThrough(policy);
      if (through === undefined) return [];
      if (claim.without === undefined) return [through];
      return demandsOf(claim.without).map((demand) => [...unmet(policy, demand), ...through]);
    }
  }
}

/** Names a rule that no author can write: names have no spaces. */
const PROBE = 'where of the promise';

/**
 * The policy with one more rule, which flags the requests that the promise is about: so it is the
 * evaluator that says whether a request is meant.
 */
export const withProbe = (source: RuleSet, { activity, where }: NeverClaim): RuleSet => ({
  ...source,
  rules: [
    ...source.rules,
    {
      id: PROBE,
      title: PROBE,
      span: source.header.span,
      activities: [activity],
      condition: where,
      effect: { kind: 'flag' },
      controls: [],
    },
  ],
});

/** Whether a decision of the policy with the probe breaks the promise. */
export function breaks(claim: NeverClaim, decision: Decision): boolean {
  const others = decision.flags.filter(({ rule }) => rule !== PROBE);
  if (others.length === decision.flags.length) return false;
  switch (claim.effect) {
    case 'block':
      return decision.outcome === 'BLOCK';
    case 'flag':
      return others.length > 0;
    default: {
      if (decision.outcome === 'BLOCK') return false;
      const [asked] = decision.requirements;
      const { without } = claim;
      return without === undefined || asked === undefined || !asksAsMuch(asked, without);
    }
  }
}

/** There is a request that the rule applies to. */
export const canMatch = (formula: Formula): readonly Clause[] => [
  [{ formula, truths: CAN_BE_TRUE }],
];
