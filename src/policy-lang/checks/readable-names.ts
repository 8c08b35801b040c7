import { lookalikeWord, mixedScriptWord } from '#policy-lang/characters.ts';
import type { Report } from '#policy-lang/report.ts';
import type { Written } from '#policy-lang/syntax.ts';

/**
 * Check 12: a text that is compared has no word of two scripts, and none that
 * reads as a Latin word but is not (Unicode Technical Standard 39, mixed-script and whole-script
 * confusables). Invisible characters and letters that
 * only look Latin are found before that, wherever they stand (`characters.ts`).
 */
export function requireReadable(report: Report, written: Written): boolean {
  const mixed = mixedScriptWord(written.text);
  const alike = mixed === undefined ? lookalikeWord(written.text) : undefined;
  if (mixed === undefined && alike === undefined) return true;
  const message =
    alike === undefined
      ? `The word "${mixed}" mixes letters of two scripts that look alike.`
      : `The word "${alike.word}" looks like "${alike.latin}", and is written in other letters.`;
  report.add('CONFUSABLE', written.span, message, 'Type it again with one keyboard.');
  return false;
}
