import { boxedRules } from '#policy-lang/analysis/rule-boxes.ts';
import { shadowsIn } from '#policy-lang/analysis/shadows.ts';
import type { Check } from './check.ts';

/** Check 17: no rule lies within another that is as strict. */
export const unshadowedRules: Check = (policy, report) => {
  for (const { rule, by } of shadowsIn(boxedRules(policy).rules)) {
    const does = by.effect.kind === 'block' ? 'blocks' : 'does the same to';
    const message = `The rule ${rule.id} changes nothing: ${by.id} ${does} every request that it matches.`;
    report.add('SHADOWED', rule.span, message, `Delete ${rule.id}, or narrow ${by.id}.`);
  }
};
