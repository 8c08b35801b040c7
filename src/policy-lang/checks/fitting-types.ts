import type { Span } from '#policy-lang/diagnostics.ts';
import type { Advice } from '#policy-lang/checking/nearest-name.ts';
import type { Report } from '#policy-lang/checking/report.ts';

/**
 * Check 2: two things that cannot be compared, or a unit that does not fit: an amount without a
 * currency, a list where people must stand, a total without a limit.
 */
export function reportMismatch(
  { report }: { readonly report: Report },
  span: Span,
  message: string,
  advice?: Advice | (() => Advice | undefined),
): void {
  report.add('TYPE_MISMATCH', span, message, advice);
}
