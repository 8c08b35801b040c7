import type { Span } from '#policy-lang/diagnostics.ts';
import type { Report } from '#policy-lang/checking/report.ts';

/** A part that must be there, and what to write where it is not. */
export type Part = {
  readonly kind: string;
  readonly isThere: boolean;
  readonly hint: string;
};

/** Check 6: a rule says when and what, a header says which version, when, about what and otherwise. */
export function requireParts(
  report: Report,
  whole: { readonly name: string; readonly span: Span },
  parts: readonly Part[],
): void {
  for (const { kind, isThere, hint } of parts) {
    if (isThere) continue;
    report.add('MISSING_PART', whole.span, `${whole.name} has no "${kind}".`, hint);
  }
}
