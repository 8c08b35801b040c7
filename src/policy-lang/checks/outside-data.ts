import { atomsOf } from '#policy-lang/checking/condition.ts';
import type { Check } from './check.ts';

/**
 * Check 23: a rule that rests on what a screening provider answers says what holds when it does not.
 * Prices are outside data too, but there the language's own answer (a rule that blocks or asks counts
 * as matched) is what authors mean; a screening that fails is an everyday matter, and the answer is
 * theirs.
 */
export const outsideData: Check = ({ rules }, report) => {
  for (const { id, span, condition, effect, fallback } of rules) {
    if (fallback !== undefined || effect.kind === 'flag') continue;
    const screened = [...atomsOf(condition)].find(
      (atom) => 'field' in atom && atom.field.path.startsWith('screening.'),
    );
    if (screened === undefined || !('field' in screened)) continue;
    const message = `The rule ${id} rests on ${screened.field.path}, and does not say what holds without it.`;
    report.add('NO_FALLBACK', span, message, 'Add "if missing data then ...".');
  }
};
