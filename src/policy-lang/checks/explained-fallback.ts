import type { CheckedEffect } from '#policy-lang/checking/checked-policy.ts';
import { type Atom, type Condition, atomsOf } from '#policy-lang/checking/condition.ts';
import type { Check } from './check.ts';

/** How strict an effect is: a rule without its data is at least this strict by itself. */
const STRICTNESS = { block: 3, require: 2, 'allow-with-approval': 1, allow: 0, flag: 0 } as const;
/**
 * Without its data a rule that allows does not match, which is stricter than any way of allowing.
 */
const closed = (effect: CheckedEffect): number =>
  effect.kind === 'allow' || effect.kind === 'allow-with-approval' ? 2 : STRICTNESS[effect.kind];

/**
 * Semantics 3: `if missing data then` may loosen a rule, but then it says why. A reason for the rule
 * itself is none for that: it speaks of what is missing, by that word or by a fact that the rule needs.
 */
export const explainedFallback: Check = ({ rules }, report) => {
  for (const { effect, fallback, because, id, span, condition } of rules) {
    if (fallback === undefined || STRICTNESS[fallback.kind] >= closed(effect)) continue;
    if (because !== undefined && speaksOf(because, condition)) continue;
    const message = `Missing data loosens the rule ${id}, and nothing says why.`;
    const [word = 'data'] = wordsFor(condition);
    const hint = `Say why: because "Where the ${word} is missing, ...", or let the fallback block.`;
    report.add('LOOSE_FALLBACK', span, message, hint);
  }
};

function speaksOf(because: string, condition: Condition): boolean {
  const text = because.toLowerCase();
  return ['missing', ...wordsFor(condition)].some((word) =>
    new RegExp(`(?<!\\p{L})${word}`, 'u').test(text),
  );
}

/** What the facts of a condition are called in the language, each a word of small letters. */
const wordsFor = (condition: Condition): readonly string[] =>
  [...atomsOf(condition)].flatMap(wordsOf);

function wordsOf(atom: Atom): readonly string[] {
  switch (atom.kind) {
    case 'wallet-tagged':
      return ['tag', 'wallet'];
    case 'value':
      return ['price', 'value'];
    case 'total':
      return ['total', ...(atom.need.of === 'value' ? ['price'] : [])];
    case 'recipient-in':
      return ['recipient'];
    case 'asset-in':
      return ['asset'];
    case 'in-group':
      return ['initiator'];
    case 'amount':
      return ['amount'];
    case 'within':
      return [];
    default:
      return atom.field.path.split(/[.-]/);
  }
}
