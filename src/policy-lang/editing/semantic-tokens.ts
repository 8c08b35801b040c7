/** What each token of a file is, for colours: the lexer's words, and the names by what they stand for. */
import { type IToken, type TokenType } from 'chevrotain';
import type { Span } from '#policy-lang/diagnostics.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import {
  Address,
  AssetName,
  Clock,
  Comment,
  Duration,
  Identifier,
  Instant,
  Numeral,
  Symbol,
  Text,
  UnclosedText,
  Zone,
  isKeyword,
} from '#policy-lang/syntax/tokens.ts';
import type { NameKind, NamePlace } from './names.ts';

/** The kinds in the standard terms of editors (LSP 3.17, "Semantic Tokens"). */
export const TOKEN_KINDS = [
  'keyword',
  'comment',
  'string',
  'number',
  'operator',
  'enumMember',
  'type',
  'property',
  'function',
  'variable',
  'namespace',
] as const;

export type TokenKind = (typeof TOKEN_KINDS)[number];

export type ColouredToken = {
  readonly span: Span;
  readonly kind: TokenKind;
  /** Whether a name is made here. */
  readonly defines: boolean;
};

const KIND_OF_TYPE = new Map<TokenType, TokenKind>([
  [Comment, 'comment'],
  [Text, 'string'],
  [UnclosedText, 'string'],
  [Address, 'string'],
  [Instant, 'number'],
  [Clock, 'number'],
  [Duration, 'number'],
  [Numeral, 'number'],
  [Zone, 'enumMember'],
  [Symbol, 'enumMember'],
  [AssetName, 'type'],
  [Identifier, 'property'],
]);

const KIND_OF_NAME: Readonly<Record<NameKind, TokenKind>> = {
  rule: 'function',
  let: 'variable',
  list: 'namespace',
  group: 'namespace',
  contracts: 'namespace',
};

const PUNCTUATION = /^[{}()[\],;.]$/;

function kindOf(token: IToken): TokenKind | undefined {
  if (isKeyword(token.tokenType)) return 'keyword';
  const named = KIND_OF_TYPE.get(token.tokenType);
  if (named !== undefined) return named;
  return PUNCTUATION.test(token.image) ? undefined : 'operator';
}

/** In the order of the text; brackets and commas are left as they are. */
export function colouredTokens(
  source: SourceText,
  names: readonly NamePlace[],
): readonly ColouredToken[] {
  const nameAt = new Map(names.map((place) => [place.span.start.offset, place]));
  const { tokens, comments } = lex(source);
  return [...tokens, ...comments]
    .toSorted((left, right) => left.startOffset - right.startOffset)
    .flatMap((token): readonly ColouredToken[] => {
      const name = nameAt.get(token.startOffset);
      const kind = name === undefined ? kindOf(token) : KIND_OF_NAME[name.kind];
      if (kind === undefined) return [];
      const span = source.span(token.startOffset, token.startOffset + token.image.length);
      return [{ span, kind, defines: name?.defines ?? false }];
    });
}

/** The token that an offset touches. Between two that touch each other, the second. */
export function tokenAt(source: SourceText, offset: number): IToken | undefined {
  const touching = lex(source).tokens.filter(
    (token) => token.startOffset <= offset && offset <= token.startOffset + token.image.length,
  );
  return touching.at(-1);
}
