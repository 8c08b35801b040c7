/**
 * Rules that change nothing because another rule is as strict wherever they apply. Found through an
 * index: a rule is filed under one of its bounds, and only rules that have it too can lie within it.
 */
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import { type Box, isBoxWithin } from './boxes.ts';
import { asksAsMuch } from './contributions.ts';
import type { BoxedRule } from './rule-boxes.ts';

export type Shadow = { readonly rule: CheckedRule; readonly by: CheckedRule };

type Filed = { readonly rule: BoxedRule; readonly box: Box; readonly number: number };

/** Each shadowed rule once; of two that shadow each other the later one. */
export function shadowsIn(rules: readonly BoxedRule[]): readonly Shadow[] {
  const index = new Map<string, Filed[]>();
  for (const [number, rule] of rules.entries()) {
    for (const box of rule.boxes ?? []) {
      for (const key of filingKeys(box)) {
        const filed = index.get(key);
        if (filed === undefined) index.set(key, [{ rule, box, number }]);
        else filed.push({ rule, box, number });
      }
    }
  }
  const shadowed = new Set<number>();
  return rules.flatMap((rule, number): Shadow[] => {
    const isCandidate = (other: Filed): boolean =>
      other.number !== number &&
      !shadowed.has(other.number) &&
      makesPointless(other.rule.rule, rule.rule) &&
      (other.number < number ||
        !makesPointless(rule.rule, other.rule.rule) ||
        !isMutual(rule, other));
    const by = shadowOf(rule, index, isCandidate);
    if (by === undefined) return [];
    shadowed.add(number);
    return [{ rule: rule.rule, by }];
  });
}

/** Two rules with the same boxes shadow each other. */
const isMutual = (rule: BoxedRule, other: Filed): boolean =>
  (rule.boxes ?? []).length === 1 && (rule.boxes ?? []).every((box) => isBoxWithin(other.box, box));

/** One rule that covers every box of this one. */
function shadowOf(
  { boxes }: BoxedRule,
  index: ReadonlyMap<string, readonly Filed[]>,
  isCandidate: (other: Filed) => boolean,
): CheckedRule | undefined {
  if (boxes === undefined || boxes.length === 0) return undefined;
  let covering: Set<BoxedRule> | undefined;
  for (const box of boxes) {
    const found = new Set<BoxedRule>();
    for (const key of lookupKeys(box)) {
      for (const other of index.get(key) ?? []) {
        if (covering !== undefined && !covering.has(other.rule)) continue;
        if (isCandidate(other) && isBoxWithin(box, other.box)) found.add(other.rule);
      }
    }
    if (found.size === 0) return undefined;
    covering = found;
  }
  const [first] = covering ?? [];
  return first?.rule;
}

/** Where a box is looked for: under each value of the one variable that fewest others have. */
function filingKeys(box: Box): readonly string[] {
  let best: readonly string[] | undefined;
  for (const [variable, domain] of box) {
    const keys =
      domain.kind === 'in' ? [...domain.values].map((v) => `${variable}=${v}`) : undefined;
    if (keys !== undefined && (best === undefined || keys.length < best.length)) best = keys;
  }
  if (best !== undefined) return best;
  const [variable = ''] = box.keys();
  return [variable];
}

/** A box lies only within boxes that are filed under something that it has as well. */
function* lookupKeys(box: Box): Generator<string> {
  yield '';
  for (const [variable, domain] of box) {
    yield variable;
    if (domain.kind !== 'in') continue;
    const [first] = domain.values;
    if (first !== undefined) yield `${variable}=${first}`;
  }
}

/** Whether a rule that applies wherever the other does leaves it nothing to change. */
function makesPointless(strict: CheckedRule, other: CheckedRule): boolean {
  if (strict.fallback !== undefined || other.fallback !== undefined) return false;
  if (!other.activities.every((activity) => strict.activities.includes(activity))) return false;
  const [above, below] = [strict.effect, other.effect];
  if (below.kind === 'flag') return false;
  if (above.kind === 'block') return true;
  switch (below.kind) {
    case 'allow':
      return above.kind === 'allow';
    case 'require':
      return above.kind === 'require' && asksAsMuch(above.requirement, below.requirement);
    case 'allow-with-approval':
      return (
        above.kind === 'allow-with-approval' && asksAsMuch(above.requirement, below.requirement)
      );
    default:
      return false;
  }
}
