import { type BoxedPolicy, boxedRules } from '#policy-lang/analysis/rule-boxes.ts';
import { boxesOf } from '#policy-lang/analysis/boxes.ts';
import { comparisonsOf, type Formula } from '#policy-lang/analysis/formula.ts';
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import { type Atom, type Condition, atomsOf } from '#policy-lang/checking/condition.ts';
import { conditionText } from '#policy-lang/checking/condition-text.ts';
import type { Check } from './check.ts';

/** Check 18: each part of an `and` or `or` changes something. */
export const neededConditions: Check = (policy, report) => {
  const boxed = boxedRules(policy);
  for (const { rule, boxes } of boxed.rules) {
    // A rule that never matches, or always does, hears that instead.
    if (boxes === undefined || boxes.length === 0) continue;
    for (const part of redundantParts(boxed, rule, rule.condition)) {
      const text = conditionText(part, policy.scope.world.assets);
      const message = `In the rule ${rule.id} the condition "${text}" changes nothing.`;
      report.add('REDUNDANT', rule.span, message, 'The rest of the condition says so already.');
    }
  }
};

function redundantParts(
  boxed: BoxedPolicy,
  rule: CheckedRule,
  condition: Condition,
): readonly Condition[] {
  if (condition.kind === 'not') return redundantParts(boxed, rule, condition.part);
  if (condition.kind !== 'and' && condition.kind !== 'or') return [];
  const formulas = condition.parts.map((part) => boxed.read(rule, part));
  const nested = condition.parts.flatMap((part) => redundantParts(boxed, rule, part));
  if (!shareVariables(formulas)) return nested;
  const kept = new Set(formulas.keys());
  const found: Condition[] = [];
  // From the end, so that of two equal parts the first stays.
  for (const [index, part] of [...condition.parts.entries()].toReversed()) {
    const others = [...kept].filter((other) => other !== index).map((other) => formulas[other]);
    const [own] = formulas.slice(index);
    if (own === undefined || others.length === 0 || givesUnit(part, condition)) continue;
    if (
      !isImplied(
        condition.kind,
        own,
        others.flatMap((other) => other ?? []),
      )
    )
      continue;
    kept.delete(index);
    found.unshift(part);
  }
  return [...found, ...nested];
}

/**
 * `asset is ETH@ethereum` says what `2.5 ETH` beside it is measured in, and the network of imported
 * contracts, which nobody writes, what `5 USDC` is: they cannot be left out.
 */
const givesUnit = (part: Condition, all: Condition): boolean => {
  const isPresent = (kind: Atom['kind']): boolean =>
    [...atomsOf(all)].some((atom) => atom.kind === kind);
  if (part.kind === 'asset-in') return isPresent('amount');
  return part.kind === 'text-in' && part.field.path === 'network' && isPresent('units');
};

/** In an `and`: true wherever the others are. In an `or`: false wherever the others are. */
function isImplied(kind: 'and' | 'or', part: Formula, others: readonly Formula[]): boolean {
  const holds = kind === 'and';
  const within = boxesOf({ kind, parts: others }, holds);
  // Others that exclude each other, or are always true, are a finding of their own.
  if (within === undefined || within.length === 0) return false;
  return boxesOf(part, !holds, within)?.length === 0;
}

function shareVariables(formulas: readonly Formula[]): boolean {
  const seen = new Set<string>();
  for (const formula of formulas) {
    const own = new Set([...comparisonsOf(formula)].map(({ variable }) => variable));
    if ([...own].some((variable) => seen.has(variable))) return true;
    for (const variable of own) seen.add(variable);
  }
  return false;
}
