/** A checked policy, linked with its lists: what decides. */
import type { AssetId } from '#core/money.ts';
import type { CheckedHeader, CheckedRule, CheckedTest } from './checked-policy.ts';
import type { Facts } from './facts.ts';
import { type Lists, type Test, planCondition } from './plan-condition.ts';
import { RuleIndex } from './rule-index.ts';
import { FALSE, type Truth } from './truth.ts';
import type { AssetFact } from './world.ts';

export type Program = {
  readonly header: CheckedHeader;
  readonly rules: readonly CheckedRule[];
  readonly tests: readonly CheckedTest[];
  readonly lists: Lists;
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
  readonly conditions: readonly Test[];
  readonly index: RuleIndex;
};

export type ProgramParts = Pick<Program, 'header' | 'rules' | 'tests' | 'lists' | 'assets'>;

export function linkProgram(parts: ProgramParts): Program {
  const conditions = parts.rules.map((rule) => rule.condition);
  return {
    ...parts,
    conditions: conditions.map((condition) => planCondition(condition, parts.lists)),
    index: new RuleIndex(conditions, parts.lists),
  };
}

/** The truth of each rule that is not false, by the rule's number, in no particular order. */
export function evaluate(program: Program, facts: Facts): ReadonlyMap<number, Truth> {
  const found = new Map<number, Truth>();
  for (const rule of program.index.candidates(facts)) {
    const truth = (program.conditions[rule] as Test)(facts);
    if (truth !== FALSE) found.set(rule, truth);
  }
  return found;
}
