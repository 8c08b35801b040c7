import type { CheckedEffect } from '#policy-lang/checked-policy.ts';
import type { Check } from './check.ts';

/** How strict an effect is: a rule without its data is at least this strict by itself. */
const STRICTNESS = { block: 3, require: 2, 'allow-with-approval': 1, allow: 0, flag: 0 } as const;
/**
 * Without its data a rule that allows does not match, which is stricter than any way of allowing.
 */
const closed = (effect: CheckedEffect): number =>
  effect.kind === 'allow' || effect.kind === 'allow-with-approval' ? 2 : STRICTNESS[effect.kind];

/** Semantics 3: `if missing data then` may loosen a rule, but then it says why. */
export const explainedFallback: Check = ({ rules }, report) => {
  for (const { effect, fallback, because, id, span } of rules) {
    if (fallback === undefined || because !== undefined) continue;
    if (STRICTNESS[fallback.kind] >= closed(effect)) continue;
    const message = `Missing data loosens the rule ${id}, and nothing says why.`;
    report.add('LOOSE_FALLBACK', span, message, 'Add because "...", or let the fallback block.');
  }
};
