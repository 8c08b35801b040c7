import { type BoxedPolicy, type BoxedRule, boxedRules } from '#policy-lang/analysis/rule-boxes.ts';
import { isBoxWithin, type Box } from '#policy-lang/analysis/boxes.ts';
import { numberInWords } from '#policy-lang/analysis/numbers-in-words.ts';
import type { Check } from './check.ts';

/** A lower bound alone: the part of a rule that makes it a limit. */
type Limit = {
  readonly boxed: BoxedRule;
  readonly box: Box;
  readonly variable: string;
  readonly low: bigint;
};

/**
 * Check 20: what a single request may not exceed is less than what all of them together may not.
 * Otherwise a request that is too large has exceeded the window's limit already.
 */
export const reachableLimits: Check = (policy, report) => {
  const boxed = boxedRules(policy);
  const windows = limitsOf(boxed, 'total');
  for (const single of limitsOf(boxed, 'value')) {
    const { rule } = single.boxed;
    const dead = windows.find((window) => isReachedFirst(boxed, window, single));
    if (dead === undefined) continue;
    const { source } = boxed.variables.get(dead.variable);
    const limit = numberInWords(source, dead.low - 1n, dead.box, policy.scope.world.assets);
    const message = `The rule ${rule.id} never decides: such a request exceeds the limit of ${dead.boxed.rule.id} (${limit}) by itself.`;
    report.add('DEAD_LIMIT', rule.span, message, 'Lower this limit, or raise that of the window.');
  }
};

function limitsOf({ rules, variables }: BoxedPolicy, kind: 'total' | 'value'): readonly Limit[] {
  return rules.flatMap((boxed) => {
    if (boxed.rule.effect.kind !== 'block' || boxed.rule.fallback !== undefined) return [];
    const [box, ...more] = boxed.boxes ?? [];
    if (box === undefined || more.length > 0) return [];
    return [...box].flatMap(([variable, domain]): Limit[] => {
      if (variables.get(variable).source.kind !== kind || domain.kind !== 'range') return [];
      const { low, high } = domain;
      return low === undefined || high !== undefined ? [] : [{ boxed, box, variable, low }];
    });
  });
}

/** The window's rule applies to every request that the other one is about. */
function isReachedFirst({ variables }: BoxedPolicy, window: Limit, single: Limit): boolean {
  if (window.low > single.low || window.boxed === single.boxed) return false;
  const adds = variables
    .linksOf(window.variable)
    .some(
      (link) =>
        link.kind === 'sum' && link.total === window.variable && link.added === single.variable,
    );
  const { activities } = window.boxed.rule;
  if (!adds || !single.boxed.rule.activities.every((name) => activities.includes(name)))
    return false;
  const rest = new Map([...window.box].filter(([variable]) => variable !== window.variable));
  return isBoxWithin(single.box, rest);
}
