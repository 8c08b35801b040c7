/** Words of DFNS as words of the language. */
import { mixedScriptWord } from '#policy-lang/syntax/characters.ts';

/** A text in quotes. What no text may hold becomes a space. */
export const quoted = (text: string): string =>
  `"${text.replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu, ' ').replace(/["\\]/g, '\\$&')}"`;

/** Undefined for what would compare or look unequal to what it seems. */
export const titleOf = (name: string): string | undefined =>
  name.trim() === '' || mixedScriptWord(name) !== undefined ? undefined : name.trim();

/** On one line and visible: a comment must not end early or hide something. */
export const comment = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu, ' ');

/** An identifier; empty where the name has no letter for one. */
export const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '');
