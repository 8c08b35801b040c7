import { type Advice, nameAdvice } from '#policy-lang/checking/nearest-name.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Written } from '#policy-lang/syntax/syntax.ts';

/**
 * `complete` is false where syntax errors hid parts: a name that a bundle defines may be defined there.
 * Left out where the names are the language's own.
 */
export type Naming = { readonly report: Report; readonly complete?: boolean };

/**
 * Check 1: a name that nothing defines, with the one that was meant where a known one is close.
 * @param candidates what the name could have been
 */
export function reportUnknown(
  { report, complete = true }: Naming,
  written: Pick<Written, 'text' | 'span'>,
  message: string,
  candidates: Iterable<string>,
): void {
  if (!complete) return;
  const advice = (): Advice | undefined => nameAdvice(written, candidates);
  report.add('UNKNOWN_NAME', written.span, message, advice);
}
