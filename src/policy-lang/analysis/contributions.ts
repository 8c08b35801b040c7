/** What a rule adds to a decision (policy language, semantics 3 and 4), by the truth of its condition. */
import type { CheckedEffect, CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { FALSE, MISSING, TRUE, type Truth } from '#policy-lang/deciding/truth.ts';
import { ANY_TRUTH, type Truths, bitOf } from './formula.ts';

export type Contribution = {
  readonly allows: boolean;
  readonly blocks: boolean;
  readonly flags: boolean;
  readonly requirement?: ApprovalRequirement;
};

const NOTHING: Contribution = { allows: false, blocks: false, flags: false };

export function contributionOf(rule: RuleEffects, truth: Truth): Contribution {
  if (truth === FALSE) return NOTHING;
  const effect = truth === MISSING ? (rule.fallback ?? rule.effect) : rule.effect;
  const certain = truth === TRUE || rule.fallback !== undefined;
  switch (effect.kind) {
    case 'block':
      return { ...NOTHING, blocks: true };
    case 'flag':
      return { ...NOTHING, flags: true };
    case 'require':
      return { ...NOTHING, requirement: effect.requirement };
    case 'allow':
      return { ...NOTHING, allows: certain };
    default:
      return { ...NOTHING, allows: certain, requirement: effect.requirement };
  }
}

export type RuleEffects = Pick<CheckedRule, 'effect' | 'fallback'>;

/** The truths of its condition at which a rule contributes like this. */
export function truthsWhere(
  rule: RuleEffects,
  contributes: (contribution: Contribution) => boolean,
): Truths {
  let truths: Truths = 0;
  for (const truth of [FALSE, MISSING, TRUE] as const) {
    if (contributes(contributionOf(rule, truth))) truths |= bitOf(truth);
  }
  return truths;
}

export const otherTruths = (truths: Truths): Truths => ANY_TRUTH & ~truths;

/** Whether `strict` asks for everything that `loose` asks for. */
export function asksAsMuch(strict: ApprovalRequirement, loose: ApprovalRequirement): boolean {
  const counts = new Map(strict.quorums.map(({ group, count }) => [group, count]));
  return (
    loose.quorums.every(({ group, count }) => (counts.get(group) ?? 0) >= count) &&
    (strict.excludeInitiator || !loose.excludeInitiator) &&
    expiresAsSoon(strict, loose)
  );
}

export const expiresAsSoon = (
  { expiresAfterMs: soon = Infinity }: ApprovalRequirement,
  { expiresAfterMs: late = Infinity }: ApprovalRequirement,
): boolean => soon <= late;

/** Everything that a rule can contribute, whatever its condition is. */
export const effectsOf = ({ effect, fallback }: RuleEffects): readonly CheckedEffect[] =>
  fallback === undefined ? [effect] : [effect, fallback];
