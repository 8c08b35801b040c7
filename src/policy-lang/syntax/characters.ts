/**
 * Characters that may not stand in a policy: a reviewer must see on the screen what the compiler
 * reads. Unicode Technical Reports 36 and 39 describe the attacks.
 */
import type { DiagnosticCode } from '#policy-lang/diagnostics.ts';
import { MAX_DIAGNOSTICS } from './limits.ts';
import { LOOKALIKES } from './look-alikes.ts';

/** A find in a text: `offset` and `length` in UTF-16 units. */
export type CharacterFault = {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string;
  /** What belongs in its place, where nothing else can be meant. */
  readonly replacement?: string;
};

/**
 * Direction marks, zero-width characters, soft hyphens, byte order marks, tags, line separators.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]/gu;
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/gu;

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

function faultsOf(
  text: string,
  pattern: RegExp,
  code: DiagnosticCode,
  message: (character: string) => string,
  hint: string,
): CharacterFault[] {
  return text
    .matchAll(pattern)
    .take(MAX_DIAGNOSTICS)
    .map((match) => ({
      code,
      offset: match.index,
      length: match[0].length,
      message: message(match[0]),
      hint,
      replacement: '',
    }))
    .toArray();
}

/** Faults anywhere in a file, comments and texts included. */
export function hiddenCharacters(text: string): CharacterFault[] {
  return [
    ...faultsOf(
      text,
      INVISIBLE,
      'BIDI_CONTROL',
      (found) => `Here stands ${codePoint(found)}, which is invisible or reorders the text.`,
      'Delete it: a reviewer cannot see it.',
    ),
    ...faultsOf(
      text,
      CONTROL,
      'BAD_CHARACTER',
      (found) => `Here stands the control character ${codePoint(found)}.`,
      'Delete it.',
    ),
  ].toSorted((left, right) => left.offset - right.offset);
}

/** Where a text has half of a character, which has no UTF-8 form; -1 where it has none. */
export const brokenCharacter = (text: string): number =>
  text.isWellFormed() ? -1 : text.search(/\p{Surrogate}/u);

/** What is wrong with a character that stands outside of texts and comments. */
export function foreignCharacter(text: string, offset: number): CharacterFault {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  const base = { offset, length: character.length };
  const latin = LOOKALIKES.get(character);
  if (latin !== undefined) {
    const message = `"${character}" (${codePoint(character)}) only looks like the letter "${latin}".`;
    const hint = `Type the Latin letter "${latin}".`;
    return { ...base, code: 'CONFUSABLE', message, hint, replacement: latin };
  }
  if (/\p{Nd}/u.test(character)) {
    const message = `"${character}" (${codePoint(character)}) is a digit of another script.`;
    return { ...base, code: 'BAD_NUMBER', message, hint: 'Write numbers with the digits 0-9.' };
  }
  if (character === '_') {
    const message = 'Names are written with hyphens, not with "_".';
    return { ...base, code: 'BAD_CHARACTER', message, hint: 'Write approved-vendors.' };
  }
  const plain = character.normalize('NFKC');
  const hint =
    plain !== character && /^[!-~]+$/.test(plain)
      ? `Type "${plain}" on the keyboard instead.`
      : 'Outside of quotes and comments the language uses ASCII characters only.';
  const message = `"${character}" (${codePoint(character)}) has no meaning here.`;
  return { ...base, code: 'BAD_CHARACTER', message, hint };
}

const wordsOf = (text: string): readonly string[] => text.match(/[\p{L}\p{N}_-]+/gu) ?? [];

/** Scripts with letters that look like Latin ones. */
const ALIKE =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u;

/**
 * A word in a text that mixes Latin with letters of a script that look like Latin ones. Tags and roles
 * may be in any language, but a word in two of them compares unequal to the one that it looks like.
 */
export const mixedScriptWord = (text: string): string | undefined =>
  wordsOf(text).find(
    (word) =>
      (/\p{Script=Latin}/u.test(word) && ALIKE.test(word)) ||
      (/[A-Za-z]/.test(word) && [...word].some((letter) => LOOKALIKES.has(letter))),
  );

/**
 * A text as keyboards type it (Unicode normalization form KC), where it is another one: wide and
 * mathematical letters, Roman numerals, an accent apart from its letter, spaces of other widths.
 */
export function plainText(text: string): string | undefined {
  const plain = text.normalize('NFKC');
  return plain === text ? undefined : plain;
}

/** A word without a Latin letter that reads as a Latin word all the same. */
export function lookalikeWord(
  text: string,
): { readonly word: string; readonly latin: string } | undefined {
  for (const word of wordsOf(text)) {
    const letters = [...word].filter((letter) => /\p{L}/u.test(letter));
    if (letters.length === 0 || !letters.every((letter) => LOOKALIKES.has(letter))) continue;
    const latin = [...word].map((letter) => LOOKALIKES.get(letter) ?? letter).join('');
    return { word, latin };
  }
  return undefined;
}
