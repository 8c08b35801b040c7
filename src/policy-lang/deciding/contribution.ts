/** What one rule adds to a decision (policy language, semantics 3 and 4). */
import type { CheckedEffect, CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { Flag, Reason, RuleMatch } from '#policy-lang/decision.ts';
import {
  type Grounds,
  groundsOf,
  missingPaths,
  missingSentence,
} from '#policy-lang/explaining/explain.ts';
import type { Facts } from './facts.ts';
import type { KnownRequirement, RequirementTable } from './requirement-table.ts';

export type Contribution = {
  readonly allows: boolean;
  readonly blocks: boolean;
  readonly requirement: KnownRequirement | undefined;
  readonly reason: Reason | undefined;
  /** The reason to give if nothing allows, because this rule might have. */
  readonly doubt: Reason | undefined;
  readonly flag: Flag | undefined;
};

/** All of them are made here, so that they have one shape. */
const contribution = (part: Partial<Contribution>): Contribution => ({
  allows: part.allows ?? false,
  blocks: part.blocks ?? false,
  requirement: part.requirement,
  reason: part.reason,
  doubt: part.doubt,
  flag: part.flag,
});

const ALLOWED = contribution({ allows: true });

/** Of rules that ask for the same approvals, so that all of them find it in one place. */
const required = new WeakMap<KnownRequirement, Contribution>();

/** Of a rule whose condition is true. It depends on no request, so a rule has it once. */
export function contributionOf(rule: CheckedRule, requirements: RequirementTable): Contribution {
  const { id, effect, title } = rule;
  switch (effect.kind) {
    case 'allow':
      return ALLOWED;
    case 'allow-with-approval':
      return contribution({ allows: true, requirement: requirements.know(effect.requirement) });
    case 'require':
      return requiredBy(requirements.know(effect.requirement));
    case 'block': {
      const message = effect.message ?? title;
      return contribution({ blocks: true, reason: { code: 'POLICY_DENIED', rule: id, message } });
    }
    default: {
      const message = effect.message ?? title;
      return contribution({ flag: { rule: id, message, indeterminate: false } });
    }
  }
}

function requiredBy(requirement: KnownRequirement): Contribution {
  const known = required.get(requirement);
  if (known !== undefined) return known;
  const added = contribution({ requirement });
  required.set(requirement, added);
  return added;
}

/** How a decision names a rule that is true. */
export const trueMatch = ({ id, effect }: CheckedRule): RuleMatch => ({
  rule: id,
  outcome: 'matched',
  effect: effect.kind,
});

/** How a decision names a rule that is missing. */
export const missingMatch = ({ id, effect, fallback }: CheckedRule): RuleMatch => ({
  rule: id,
  outcome: 'missing',
  effect: (fallback ?? effect).kind,
});

/** Of a rule that is true because of a total: if it blocks, a limit is why. */
export const overLimit = (own: Contribution): Contribution =>
  own.reason === undefined
    ? own
    : contribution({ ...own, reason: { ...own.reason, code: 'LIMIT_EXCEEDED' } });

/** Of a rule that compares totals: whether one of them is why it is true. */
export function withLimitCode(rule: CheckedRule, own: Contribution, facts: Facts): Contribution {
  const { atoms } = groundsOf(rule.condition, facts);
  return atoms.some(({ kind }) => kind === 'total') ? overLimit(own) : own;
}

/**
 * Of a rule whose condition is missing: its own fallback, or else what closes. Without its data a
 * rule cannot allow, but its approval is still asked for: dropping that would let missing data
 * loosen the decision where another rule allows.
 */
export function missingContribution(
  rule: CheckedRule,
  facts: Facts,
  requirements: RequirementTable,
): Contribution {
  const { id, fallback, title } = rule;
  const effect = fallback ?? rule.effect;
  const grounds: Grounds = groundsOf(rule.condition, facts);
  const missing = missingPaths(grounds, facts);
  const own = fallback?.kind === 'block' ? fallback.message : undefined;
  const reason: Reason = {
    code: 'DATA_MISSING',
    rule: id,
    message: own ?? missingSentence(missing, facts),
    missing,
  };
  const allows = isAllowing(effect) && fallback !== undefined;
  const isDoubtful = isAllowing(effect) && fallback === undefined;
  const isStrict = effect.kind === 'block' || effect.kind === 'require';
  return contribution({
    allows,
    blocks: effect.kind === 'block',
    requirement: requirementOf(effect, requirements),
    reason: isStrict ? reason : undefined,
    doubt: isDoubtful ? reason : undefined,
    flag:
      effect.kind === 'flag'
        ? { rule: id, message: effect.message ?? title, indeterminate: true }
        : undefined,
  });
}

const isAllowing = ({ kind }: CheckedEffect): boolean =>
  kind === 'allow' || kind === 'allow-with-approval';

const requirementOf = (
  effect: CheckedEffect,
  requirements: RequirementTable,
): KnownRequirement | undefined =>
  'requirement' in effect ? requirements.know(effect.requirement) : undefined;
