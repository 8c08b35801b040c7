import { atomsOf } from '#policy-lang/condition.ts';
import type { Check } from './check.ts';

/** Check 22: a rule that allows says to whom, in what, or how much. */
export const boundedAllow: Check = ({ rules }, report) => {
  for (const { effect, condition, id, span } of rules) {
    if (effect.kind !== 'allow') continue;
    if ([...atomsOf(condition)].some((atom) => atom.kind !== 'wallet-tagged')) continue;
    const message = `The rule ${id} allows any amount of any asset to anybody.`;
    const hint = 'Add a condition on recipient, asset, amount or value.';
    report.add('BROAD_ALLOW', span, message, hint);
  }
};
