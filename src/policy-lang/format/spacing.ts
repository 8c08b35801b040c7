/** Which tokens stand apart when they share a line. */
import { type IToken, type TokenType } from 'chevrotain';
import {
  CloseRound,
  CloseSquare,
  Comma,
  Dot,
  OpenRound,
  OpenSquare,
  Range,
  Semicolon,
  kw,
} from '#policy-lang/syntax/tokens.ts';

const TIGHT_BEFORE = new Set<TokenType>([Comma, Semicolon, CloseRound, CloseSquare, Dot, Range]);
const TIGHT_BEHIND = new Set<TokenType>([OpenRound, OpenSquare, Dot, Range]);
/** `sum(value)` is written like a function; a keyword before parentheses keeps its distance. */
const FUNCTIONS = new Set<TokenType>(['sum', 'count', 'max'].map(kw));

export function isApart(left: IToken, right: IToken): boolean {
  if (TIGHT_BEFORE.has(right.tokenType) || TIGHT_BEHIND.has(left.tokenType)) return false;
  return !(right.tokenType === OpenRound && FUNCTIONS.has(left.tokenType));
}

/** Some tokens on one line. */
export function onOneLine(tokens: readonly IToken[]): string {
  let text = '';
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    text += before !== undefined && isApart(before, token) ? ` ${token.image}` : token.image;
  }
  return text;
}
