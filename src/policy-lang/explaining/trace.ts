/**
 * The decision with everything that a person needs to see why. It says the same as `decide` and
 * evaluates the same tree.
 */
import type { CheckedEffect, CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { atomsOf } from '#policy-lang/checking/condition.ts';
import { combine, decideProgram } from '#policy-lang/decide.ts';
import type { AtomTrace, Decision, DecisionTrace, RuleTrace } from '#policy-lang/decision.ts';
import { groundsOf, sentenceOf, truthOf } from './explain.ts';
import { Facts } from '#policy-lang/deciding/facts.ts';
import { requestInWords } from './field-words.ts';
import type { Program } from '#policy-lang/deciding/program.ts';
import type { Row } from '#policy-lang/deciding/row.ts';
import { asOther, type Snapshot } from '#policy-lang/snapshot.ts';
import { MISSING, type Truth } from '#policy-lang/deciding/truth.ts';

/** The decision with every rule, why it matched or not, and what its comparisons gave. */
export const trace = ({ program }: CompiledPolicy, snapshot: Snapshot): DecisionTrace =>
  traceProgram(program, snapshot);

/** With a program that may stand in for the policy's own. */
export function traceProgram(program: Program, snapshot: Snapshot): DecisionTrace {
  const facts = new Facts(snapshot, program.linked);
  const also = otherFacts(program, snapshot) ?? facts;
  const rules = program.rules.map((rule) =>
    traceOf(rule, rule.activities.includes(snapshot.activity) ? facts : also),
  );
  return { ...decideProgram(program, snapshot), rules };
}

/** Of a request of two activities: what it is as the other one. */
function otherFacts(program: Program, snapshot: Snapshot): Facts | undefined {
  const other = asOther(snapshot);
  return other && new Facts(other, program.linked);
}

/**
 * The decision with what each comparison of the rules that count gave: what is needed to say why
 * later, at little more than the cost of the decision.
 */
export function decideWithAtoms(
  { program }: CompiledPolicy,
  snapshot: Snapshot,
): { readonly decision: Decision; readonly atoms: readonly RuleAtoms[] } {
  const facts = new Facts(snapshot, program.linked);
  const own = program.byActivity[snapshot.activity];
  const hits = own.index.find(facts);
  const decision = combine(program, own, facts, hits, true);
  const atoms: RuleAtoms[] = [];
  for (let at = 0; at < hits.count; at++) {
    const row = hits.rows[at] as Row;
    const isTrue = hits.missing === undefined || !hits.missing.has(row);
    atoms.push({ rule: row.rule.id, truths: row.truths(facts, isTrue) });
  }
  return { decision, atoms };
}

/** From left to right, as `atomsOf` names them. */
export type RuleAtoms = { readonly rule: string; readonly truths: readonly Truth[] };

/** Why one rule matched or did not; undefined where there is no such rule. */
export function why(
  { program }: CompiledPolicy,
  snapshot: Snapshot,
  ruleId: string,
): RuleTrace | undefined {
  const rule = program.rules.find(({ id }) => id === ruleId);
  return rule && traceOf(rule, new Facts(snapshot, program.linked));
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
