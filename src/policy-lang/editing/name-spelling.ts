/** Which words can be names, as the lexer reads them. */
import { tokenMatcher } from 'chevrotain';
import { lex } from '#policy-lang/syntax/lex.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { Identifier, Name, isKeyword } from '#policy-lang/syntax/tokens.ts';
import type { NameKind } from './names.ts';

function onlyToken(text: string) {
  const { tokens, diagnostics, comments } = lex(new SourceText('name', text));
  const [token] = tokens;
  const isWhole = tokens.length === 1 && comments.length === 0 && token?.image === text;
  return diagnostics.length === 0 && isWhole ? token : undefined;
}

/** One word that the language reads as a name. */
export function isWritableName(text: string): boolean {
  const token = onlyToken(text);
  return token !== undefined && tokenMatcher(token, Name);
}

/**
 * Whether a word that can be a name must not be one here: `otherwise` is what a rule without a match
 * is called, and a let that is called as a keyword could not be told from it in a condition.
 */
export function isReservedName(text: string, kind: NameKind): boolean {
  const token = onlyToken(text);
  if (token === undefined) return true;
  if (kind === 'rule') return text === 'otherwise';
  return kind === 'let' && isKeyword(token.tokenType) && token.tokenType !== Identifier;
}
