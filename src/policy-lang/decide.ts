/**
 * The decision (policy language, semantics 1 to 6). Pure and order-free: the same policy and
 * snapshot give the same decision wherever it is made. Missing facts fail closed: they never make a
 * rule that blocks or asks for approval go away, and never make one that allows apply.
 */
import { atomsOf } from './condition.ts';
import { planAtom } from './plan-condition.ts';
import type { CheckedEffect, CheckedRule } from './checked-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type {
  ApprovalRequirement,
  DecisionTrace,
  Decision,
  Flag,
  Reason,
  RuleMatch,
  RuleTrace,
} from './decision.ts';
import { type Grounds, groundsOf, missingPaths, missingSentence, sentenceOf } from './explain.ts';
import { Facts } from './facts.ts';
import { optional } from './optional.ts';
import { type Program, evaluate } from './program.ts';
import { mergeRequirements } from './requirements.ts';
import type { Snapshot } from './snapshot.ts';
import { FALSE, MISSING, TRUE, type Truth } from './truth.ts';

export function decide(policy: CompiledPolicy, snapshot: Snapshot): Decision {
  const { rules: _, ...decision } = traceProgram(policy.program, snapshot, policy);
  return decision;
}

/** The decision with every rule, why it matched or not, and what its comparisons gave. */
export function trace(policy: CompiledPolicy, snapshot: Snapshot): DecisionTrace {
  return traceProgram(policy.program, snapshot, policy);
}

/** What a rule contributes to the decision. */
type Contribution = {
  readonly allows: boolean;
  readonly blocks: boolean;
  readonly requirement?: ApprovalRequirement;
  readonly reason?: Reason;
  /** The reason to give if nothing allows, because this rule might have. */
  readonly doubt?: Reason;
  readonly flag?: Flag;
};

const NOTHING: Contribution = { allows: false, blocks: false };

/**
 * Decides with a program that may stand in for the policy's own, as a test with other lists does.
 */
export function traceProgram(
  program: Program,
  snapshot: Snapshot,
  policy: { readonly hash: string; readonly version: number },
): DecisionTrace {
  const facts = new Facts(snapshot, program.assets);
  const truths = evaluate(program, facts);
  const rules: RuleTrace[] = [];
  const contributions: Contribution[] = [];
  for (const [number, rule] of program.rules.entries()) {
    const grounds = groundsOf(rule.condition, facts, program.lists);
    if (grounds.truth !== (truths.get(number) ?? FALSE)) {
      throw new Error(`the index and the tree disagree about rule ${rule.id}`);
    }
    rules.push(traceOf(rule, grounds, facts, program));
    contributions.push(contributionOf(rule, grounds, facts));
  }
  const { hash, version } = policy;
  return {
    ...combine(program, snapshot, contributions),
    flags: contributions.flatMap(({ flag }) => flag ?? []),
    matched: rules.flatMap(({ id, outcome, effect }): RuleMatch[] =>
      outcome === 'not-matched' ? [] : [{ rule: id, outcome, effect }],
    ),
    rules,
    policy: { hash, version },
  };
}

const OUTCOMES = ['not-matched', 'missing', 'matched'] as const;
const TRUTHS = ['false', 'missing', 'true'] as const;

function traceOf(rule: CheckedRule, grounds: Grounds, facts: Facts, program: Program): RuleTrace {
  return {
    id: rule.id,
    title: rule.title,
    outcome: OUTCOMES[grounds.truth],
    effect: effectOf(rule, grounds.truth).kind,
    sentence: sentenceOf(grounds, facts, program.lists),
    controls: rule.controls,
    atoms: [...atomsOf(rule.condition)].map((atom) => {
      const truth = planAtom(atom, program.lists)(facts);
      const alone = sentenceOf({ truth, atoms: [atom] }, facts, program.lists);
      return { truth: TRUTHS[truth], sentence: alone };
    }),
  };
}

/** Missing data takes the rule's own fallback where it has one. */
const effectOf = (rule: CheckedRule, truth: Truth): CheckedEffect =>
  truth === MISSING ? (rule.fallback ?? rule.effect) : rule.effect;

function contributionOf(rule: CheckedRule, grounds: Grounds, facts: Facts): Contribution {
  const { truth } = grounds;
  if (truth === FALSE) return NOTHING;
  const effect = effectOf(rule, truth);
  const certain = truth === TRUE || rule.fallback !== undefined;
  const missing = missingPaths(grounds, facts);
  const doubt: Reason | undefined =
    truth === MISSING
      ? {
          code: 'DATA_MISSING',
          rule: rule.id,
          message: messageOf(rule, effect) ?? missingSentence(missing, facts),
          missing,
        }
      : undefined;
  switch (effect.kind) {
    case 'block':
      return { ...NOTHING, blocks: true, reason: doubt ?? blockReason(rule, effect, grounds) };
    case 'flag': {
      const message = effect.message ?? rule.title;
      return { ...NOTHING, flag: { rule: rule.id, message, indeterminate: truth === MISSING } };
    }
    case 'require':
      return { ...NOTHING, requirement: effect.requirement, ...optional('reason', doubt) };
    case 'allow':
      return certain ? { ...NOTHING, allows: true } : { ...NOTHING, ...optional('doubt', doubt) };
    default:
      // Without its data it cannot allow, but its approval is still asked for: dropping that would
      // let missing data loosen the decision where another rule allows.
      return certain
        ? { ...NOTHING, allows: true, requirement: effect.requirement }
        : { ...NOTHING, requirement: effect.requirement, ...optional('doubt', doubt) };
  }
}

/** The message of `if missing data then block "..."`: the author's own words for this case. */
const messageOf = (rule: CheckedRule, effect: CheckedEffect): string | undefined =>
  rule.fallback !== undefined && effect.kind === 'block' ? effect.message : undefined;

function blockReason(
  rule: CheckedRule,
  effect: Extract<CheckedEffect, { kind: 'block' }>,
  grounds: Grounds,
): Reason {
  const limited = grounds.atoms.some((atom) => atom.kind === 'total');
  return {
    code: limited ? 'LIMIT_EXCEEDED' : 'POLICY_DENIED',
    rule: rule.id,
    message: effect.message ?? rule.title,
  };
}

function combine(
  program: Program,
  snapshot: Snapshot,
  contributions: readonly Contribution[],
): Pick<Decision, 'outcome' | 'reasons' | 'requirements'> {
  const { otherwise } = program.header;
  const outside = headerReasons(program, snapshot);
  const reasons = [...outside, ...contributions.flatMap(({ reason }) => reason ?? [])];
  const allowed = contributions.some(({ allows }) => allows);
  if (!allowed && otherwise.kind === 'block') {
    const message = otherwise.message ?? 'No rule allows this transfer';
    const doubts = contributions.flatMap(({ doubt }) => doubt ?? []);
    reasons.push(denied('otherwise', message), ...doubts);
    return { outcome: 'BLOCK', reasons, requirements: [] };
  }
  if (outside.length > 0 || contributions.some(({ blocks }) => blocks)) {
    return { outcome: 'BLOCK', reasons, requirements: [] };
  }
  const required = contributions.flatMap(({ requirement }) => requirement ?? []);
  return required.length === 0
    ? { outcome: 'ALLOW', reasons, requirements: [] }
    : { outcome: 'PENDING', reasons, requirements: [mergeRequirements(required)] };
}

const denied = (rule: string, message: string): Reason => ({
  code: 'POLICY_DENIED',
  rule,
  message,
});

/** A request that the policy does not govern, or at a time at which it is not in force. */
function headerReasons({ header }: Program, { activity, now }: Snapshot): Reason[] {
  if (!header.governs.includes(activity)) {
    return [denied('governs', `The policy does not govern the activity "${activity}"`)];
  }
  const { from, until } = header.effective;
  if (now < from) {
    return [denied('effective', `The policy is in force from ${new Date(from).toISOString()}`)];
  }
  if (until !== undefined && now >= until) {
    return [denied('effective', `The policy was in force until ${new Date(until).toISOString()}`)];
  }
  return [];
}
