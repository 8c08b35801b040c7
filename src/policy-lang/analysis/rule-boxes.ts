/** The rules of a policy in normal form, worked out once for all checks. */
import type { CheckedPolicy, CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { Condition } from '#policy-lang/checking/condition.ts';
import { linkedOf } from '#policy-lang/deciding/linked.ts';
import { type Activity } from '#policy-lang/snapshot.ts';
import { type Box, boxesOf } from './boxes.ts';
import type { Formula } from './formula.ts';
import { periodOf, windowsOf } from './model.ts';
import { momentsOf } from './moments.ts';
import { TooPrecise } from './orders.ts';
import { Translator } from './translate.ts';
import { Variables } from './variables.ts';

export type BoxedRule = {
  readonly rule: CheckedRule;
  /** With imported lists by name. */
  readonly formula: Formula;
  /** Absent: there are too many. */
  readonly boxes?: readonly Box[];
};

export type BoxedPolicy = {
  readonly rules: readonly BoxedRule[];
  readonly variables: Variables;
  /** A part of a rule's condition, over the same variables. */
  readonly read: (rule: CheckedRule, condition: Condition) => Formula;
};

const NOTHING: BoxedPolicy = {
  rules: [],
  variables: new Variables(),
  read: () => ({ kind: 'and', parts: [] }),
};

const known = new WeakMap<CheckedPolicy, BoxedPolicy>();

/** Nothing where the bundle has errors: half a policy would be judged for what it is not. */
export function boxedRules(policy: CheckedPolicy): BoxedPolicy {
  const before = known.get(policy);
  if (before !== undefined) return before;
  const boxed = box(policy);
  known.set(policy, boxed);
  return boxed;
}

function box({ scope, header, rules }: CheckedPolicy): BoxedPolicy {
  if (header === undefined || !scope.complete || scope.report.hasErrors) return NOTHING;
  const variables = new Variables();
  const windows = windowsOf(rules.map(({ condition }) => condition));
  const moments = momentsOf(windows, periodOf([header]));
  const linked = linkedOf(scope);
  const translators = new Map<Activity, Translator>();
  const translatorFor = ({ activities: [activity = 'transfer'] }: CheckedRule): Translator => {
    const reading = { variables, activity, linked, moments, listsByName: true };
    const translator = translators.get(activity) ?? new Translator(reading);
    translators.set(activity, translator);
    return translator;
  };
  const read = (rule: CheckedRule, condition: Condition): Formula =>
    translatorFor(rule).formula(condition);
  const boxed = rules.flatMap((rule): BoxedRule[] => {
    const formula = readable(() => read(rule, rule.condition));
    if (formula === undefined) return [];
    const boxes = boxesOf(formula);
    return [boxes === undefined ? { rule, formula } : { rule, formula, boxes }];
  });
  return { rules: boxed, variables, read };
}

/** A rule with a number that has too many digits is left alone. */
function readable(read: () => Formula): Formula | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TooPrecise) return undefined;
    throw error;
  }
}
