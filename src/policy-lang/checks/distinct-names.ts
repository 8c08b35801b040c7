import type { Report } from '#policy-lang/checking/report.ts';
import type { Rule, Table } from '#policy-lang/syntax/syntax.ts';

/** What a decision names where no rule but the header decides. */
const HEADER_WORDS: ReadonlySet<string> = new Set(['otherwise', 'governs', 'effective']);

/**
 * Check 6: no two rules or tables share a name, and none takes a word that stands for the header's
 * own answer. Those that do are left out.
 */
export function distinctNames(
  report: Report,
  items: readonly (Rule | Table)[],
): readonly (Rule | Table)[] {
  const seen = new Map<string, Rule | Table>();
  return items.filter((item) => {
    const { name, kind } = item;
    const first = seen.get(name.text);
    if (first === undefined && !HEADER_WORDS.has(name.text)) {
      seen.set(name.text, item);
      return true;
    }
    const both = first?.kind === kind ? `two ${kind}s` : 'a rule and a table';
    const message =
      first === undefined
        ? `A ${kind} cannot be called "${name.text}".`
        : `There are ${both} ${name.text}.`;
    report.add('DUPLICATE', name.span, message, 'Choose another name.');
    return false;
  });
}
