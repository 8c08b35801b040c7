import { boxedRules } from '#policy-lang/analysis/rule-boxes.ts';
import { boxesOf } from '#policy-lang/analysis/boxes.ts';
import { atomsOf } from '#policy-lang/checking/condition.ts';
import type { Check } from './check.ts';

/** Check 16: a rule that every request matches says "always". */
export const statedAlways: Check = (policy, report) => {
  for (const { rule, formula } of boxedRules(policy).rules) {
    if (atomsOf(rule.condition).next().done === true) continue;
    if (boxesOf(formula, false)?.length !== 0) continue;
    const message = `Every request whose data is known matches the rule ${rule.id}.`;
    report.add('ALWAYS_MATCHES', rule.span, message, 'Write "when always" if that is meant.');
  }
};
