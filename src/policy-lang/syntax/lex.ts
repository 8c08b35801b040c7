/**
 * Text to tokens. Whatever the text is, the result is tokens and diagnostics, never an exception.
 */
import { type IToken, Lexer, type TokenType, tokenMatcher } from 'chevrotain';
import { type CharacterFault, foreignCharacter, hiddenCharacters } from './characters.ts';
import { type Diagnostic, type Fix, type Span, diagnostic } from '#policy-lang/diagnostics.ts';
import { MAX_NESTING } from './limits.ts';
import type { SourceText } from './source-text.ts';
import {
  ALL_TOKENS,
  CloseCurly,
  CloseRound,
  CloseSquare,
  OpenCurly,
  OpenRound,
  OpenSquare,
  UnclosedText,
  kw,
} from './tokens.ts';

/** @param isValidated that no token hides another, which `lex.test.ts` has it look for */
export const newLexer = (isValidated: boolean): Lexer =>
  new Lexer([...ALL_TOKENS], {
    positionTracking: 'full',
    ensureOptimizations: true,
    skipValidations: isValidated,
    // As `SourceText` counts lines.
    lineTerminatorsPattern: /\n/g,
    lineTerminatorCharacters: ['\n'],
  });

let lexer: Lexer | undefined;

export type Lexed = {
  readonly tokens: IToken[];
  readonly comments: readonly IToken[];
  readonly diagnostics: readonly Diagnostic[];
};

export function lex(source: SourceText): Lexed {
  // Built for the first text, as the parser is.
  lexer ??= newLexer(true);
  const { tokens, groups, errors } = lexer.tokenize(source.text);
  const faults = [
    ...hiddenCharacters(source.text),
    ...errors.map((error) => foreignCharacter(source.text, error.offset)),
  ];
  const seen = new Set<number>();
  const diagnostics = faults.flatMap((fault) => {
    if (seen.has(fault.offset)) return [];
    seen.add(fault.offset);
    const span = source.span(fault.offset, fault.offset + fault.length);
    return diagnostic(fault.code, span, fault.message, fault.hint, fixOf(source, fault, span));
  });
  for (const token of tokens) {
    if (!tokenMatcher(token, UnclosedText)) continue;
    diagnostics.push(unclosedText(source, token));
  }
  const deepest = tooDeep(source, tokens);
  if (deepest !== undefined) diagnostics.push(deepest);
  return { tokens, comments: groups['comments'] ?? [], diagnostics };
}

function fixOf(source: SourceText, fault: CharacterFault, span: Span): Fix | undefined {
  if (fault.replacement === undefined) return undefined;
  const before = source.text.slice(fault.offset, fault.offset + fault.length);
  return { span, before, text: fault.replacement };
}

function unclosedText(source: SourceText, token: IToken): Diagnostic {
  const span = source.span(token.startOffset, token.startOffset + token.image.length);
  return /\\[^"\\]/.test(token.image)
    ? diagnostic(
        'SYNTAX',
        span,
        'A text knows two escapes only: \\" and \\\\.',
        'Write a backslash as \\\\.',
      )
    : diagnostic(
        'SYNTAX',
        span,
        'The text that begins here does not end on this line.',
        'Close it with ".',
      );
}

const OPENING = new Set<TokenType>([OpenRound, OpenSquare, OpenCurly]);
const CLOSING = new Set<TokenType>([CloseRound, CloseSquare, CloseCurly]);

/**
 * The first place that is nested too deeply. Counted here, because the parser descends once for
 * each bracket and each `not` before it, and would exhaust the stack.
 */
function tooDeep(source: SourceText, tokens: readonly IToken[]): Diagnostic | undefined {
  const not = kw('not');
  const opened: number[] = [];
  let depth = 0;
  let nots = 0;
  for (const token of tokens) {
    if (token.tokenType === not) nots += 1;
    else if (OPENING.has(token.tokenType)) {
      opened.push(nots + 1);
      depth += nots + 1;
      nots = 0;
    } else {
      if (CLOSING.has(token.tokenType)) depth -= opened.pop() ?? 0;
      nots = 0;
    }
    if (depth + nots > MAX_NESTING) {
      const span = source.span(token.startOffset, token.startOffset + token.image.length);
      const message = `The policy is nested more than ${MAX_NESTING} deep here.`;
      return diagnostic(
        'POLICY_TOO_DEEP',
        span,
        message,
        'Split the condition into several rules.',
      );
    }
  }
  return undefined;
}
