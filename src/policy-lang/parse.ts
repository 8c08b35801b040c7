/** One file to its tree. Whatever the text is, the result is items and diagnostics. */
import { EOF, type IRecognitionException, tokenMatcher } from 'chevrotain';
import { type Diagnostic, diagnostic } from './diagnostics.ts';
import type { FileCstNode } from './gen/syntax-tree.ts';
import { PolicyParser } from './grammar.ts';
import { readItem } from './item-tree.ts';
import { lex } from './lex.ts';
import { MAX_DIAGNOSTICS, MAX_FILE_BYTES } from './limits.ts';
import type { SourceText } from './source-text.ts';
import type { Item } from './syntax.ts';
import { NodeReader, isWhole } from './tree-nodes.ts';
import { utf8 } from '#core/bytes.ts';

export type Parsed = {
  /** The items that no error touches, in the order of the file. */
  readonly items: readonly Item[];
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * Building a parser analyses the grammar, so one serves all files; it keeps nothing between them.
 */
const parser = new PolicyParser();

export function parse(source: SourceText): Parsed {
  if (utf8(source.text).length > MAX_FILE_BYTES) {
    const message = `The file is larger than ${MAX_FILE_BYTES / 1024} kB.`;
    const hint = 'Split the rules over several files of the bundle, and move addresses into lists.';
    return {
      items: [],
      diagnostics: [diagnostic('POLICY_TOO_LARGE', source.span(0, 0), message, hint)],
    };
  }
  const { tokens, diagnostics } = lex(source);
  if (diagnostics.length > 0) {
    return { items: [], diagnostics: diagnostics.slice(0, MAX_DIAGNOSTICS) };
  }
  parser.input = tokens;
  const file = parser.file() as FileCstNode;
  const errors = parser.errors;
  const offsets = errors.map((error) => error.token.startOffset);
  const read = new NodeReader(source);
  return {
    items: (file.children.item ?? [])
      .filter((item) => isWhole(item, offsets))
      .map((item) => readItem(read, item)),
    diagnostics: errors.slice(0, MAX_DIAGNOSTICS).map((error) => syntaxError(source, error)),
  };
}

function syntaxError(source: SourceText, { token, message }: IRecognitionException): Diagnostic {
  const end = source.text.trimEnd().length;
  const span = tokenMatcher(token, EOF)
    ? source.span(Math.max(0, end - 1), end)
    : source.span(token.startOffset, token.startOffset + token.image.length);
  return diagnostic('SYNTAX', span, message);
}
