import { lookalikeWord, mixedScriptWord, plainText } from '#policy-lang/syntax/characters.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Written } from '#policy-lang/syntax/syntax.ts';

/**
 * Check 12: a text that is compared has no word of two scripts, none that
 * reads as a Latin word but is not (Unicode Technical Standard 39, mixed-script and whole-script
 * confusables), and no second spelling of what a keyboard types: each would compare unequal to the
 * text that it looks like. Invisible characters and letters that
 * only look Latin are found before that, wherever they stand (`characters.ts`).
 */
export function requireReadable(report: Report, written: Written): boolean {
  const message = faultOf(written.text);
  if (message === undefined) return true;
  report.add('CONFUSABLE', written.span, message, 'Type it again with one keyboard.');
  return false;
}

function faultOf(text: string): string | undefined {
  const mixed = mixedScriptWord(text);
  if (mixed !== undefined) {
    return `The word "${mixed}" mixes letters of two scripts that look alike.`;
  }
  const alike = lookalikeWord(text);
  if (alike !== undefined) {
    return `The word "${alike.word}" looks like "${alike.latin}", and is written in other letters.`;
  }
  const plain = plainText(text);
  return plain === undefined
    ? undefined
    : `The text "${text}" is a second spelling of "${plain}", and compares unequal to it.`;
}
