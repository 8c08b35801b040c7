/**
 * The decision with everything that a person needs to see why. It says the same as `decide` and
 * evaluates the same tree.
 */
import type { CheckedEffect, CheckedRule } from './checked-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { atomsOf } from './condition.ts';
import { decideProgram } from './decide.ts';
import type { AtomTrace, DecisionTrace, RuleTrace } from './decision.ts';
import { groundsOf, sentenceOf, truthOf } from './explain.ts';
import { Facts } from './facts.ts';
import { requestInWords } from './field-words.ts';
import type { Program } from './program.ts';
import type { Snapshot } from './snapshot.ts';
import { MISSING, type Truth } from './truth.ts';

/** The decision with every rule, why it matched or not, and what its comparisons gave. */
export const trace = ({ program }: CompiledPolicy, snapshot: Snapshot): DecisionTrace =>
  traceProgram(program, snapshot);

/** With a program that may stand in for the policy's own. The rules are worked out when read. */
export function traceProgram(program: Program, snapshot: Snapshot): DecisionTrace {
  const decision = decideProgram(program, snapshot);
  let rules: readonly RuleTrace[] | undefined;
  return {
    ...decision,
    get rules() {
      rules ??= rulesOf(program, snapshot);
      return rules;
    },
  };
}

/** Why one rule matched or did not; undefined where there is no such rule. */
export function why(
  { program }: CompiledPolicy,
  snapshot: Snapshot,
  ruleId: string,
): RuleTrace | undefined {
  const rule = program.rules.find(({ id }) => id === ruleId);
  return rule && traceOf(rule, new Facts(snapshot, program.linked));
}

function rulesOf(program: Program, snapshot: Snapshot): readonly RuleTrace[] {
  const facts = new Facts(snapshot, program.linked);
  return program.rules.map((rule) => traceOf(rule, facts));
}

const OUTCOMES = ['not-matched', 'missing', 'matched'] as const;
const TRUTHS = ['false', 'missing', 'true'] as const;

function traceOf(rule: CheckedRule, facts: Facts): RuleTrace {
  const { id, title, controls, activities } = rule;
  const { activity } = facts.snapshot;
  if (!activities.includes(activity)) {
    const sentence = `The rule does not apply to a ${requestInWords(activity)}.`;
    const effect = rule.effect.kind;
    return { id, title, outcome: 'not-matched', effect, sentence, controls, atoms: [] };
  }
  const grounds = groundsOf(rule.condition, facts);
  return {
    id,
    title,
    outcome: OUTCOMES[grounds.truth],
    effect: effectOf(rule, grounds.truth).kind,
    sentence: sentenceOf(grounds, facts),
    controls,
    atoms: [...atomsOf(rule.condition)].map((atom): AtomTrace => {
      const truth = truthOf(atom, facts);
      return { truth: TRUTHS[truth], sentence: sentenceOf({ truth, atoms: [atom] }, facts) };
    }),
  };
}

/** Missing data takes the rule's own fallback where it has one. */
const effectOf = (rule: CheckedRule, truth: Truth): CheckedEffect =>
  truth === MISSING ? (rule.fallback ?? rule.effect) : rule.effect;
