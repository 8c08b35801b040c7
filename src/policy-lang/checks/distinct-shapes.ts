import { skeletonOf } from '#policy-lang/syntax/look-alikes.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { Check } from './check.ts';

type Named = { readonly text: string; readonly span: Span };

/**
 * Check 12: names that a policy gives can be told apart by eye: not `limit-1` beside `limit-l`. Letters of
 * other scripts cannot stand in a name at all.
 */
export const distinctShapes: Check = ({ rules, lets, imports }, report) => {
  const ruleNames = new Map(rules.map(({ id, table, span }) => [table?.id ?? id, span]));
  compare(
    report,
    [...ruleNames].map(([text, span]) => ({ text, span })),
  );
  compare(
    report,
    [...lets, ...imports].map(({ name }) => name),
  );
};

function compare(report: Report, names: readonly Named[]): void {
  const seen = new Map<string, string>();
  for (const { text, span } of names) {
    const shape = skeletonOf(text);
    const first = seen.get(shape);
    if (first === undefined) seen.set(shape, text);
    else if (first !== text) {
      const message = `"${text}" looks like "${first}".`;
      report.add('LOOK_ALIKE', span, message, 'Give one of the two another name.');
    }
  }
}
