import { mixedScriptWord } from '#policy-lang/characters.ts';
import type { Report } from '#policy-lang/report.ts';
import type { Written } from '#policy-lang/syntax.ts';

/**
 * Check 12: a text that is compared has no word of two scripts. Invisible characters and letters that
 * only look Latin are found before that, wherever they stand (`characters.ts`).
 */
export function requireReadable(report: Report, written: Written): boolean {
  const mixed = mixedScriptWord(written.text);
  if (mixed === undefined) return true;
  const message = `The word "${mixed}" mixes letters of two scripts that look alike.`;
  report.add('CONFUSABLE', written.span, message, 'Type it again with one keyboard.');
  return false;
}
