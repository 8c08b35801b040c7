/** One file to its tree. Whatever the text is, the result is items and diagnostics. */
import { EOF, type IRecognitionException, type IToken, tokenMatcher } from 'chevrotain';
import { type Diagnostic, diagnostic } from '#policy-lang/diagnostics.ts';
import type { FileCstNode } from '#policy-lang/syntax/gen/syntax-tree.ts';
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

let parser: PolicyParser | undefined;

/**
 * Building a parser analyses the grammar, so one serves all files; it keeps nothing between them. It
 * is built for the first file: a process that reads none, as most signer nodes do when they start,
 * starts sooner.
 */
const theParser = (): PolicyParser => (parser ??= new PolicyParser({ isValidated: true }));

/** One file as the parser's own tree, with its tokens and comments: what the formatter reads. */
export type ParsedTree = {
  /** Absent where the text could not be split into tokens. */
  readonly file?: FileCstNode;
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Where the parser stumbled. */
  readonly errors: readonly IRecognitionException[];
  readonly diagnostics: readonly Diagnostic[];
};

export function parseTree(source: SourceText): ParsedTree {
  const nothing = { tokens: [], comments: [], errors: [] };
  if (utf8(source.text).length > MAX_FILE_BYTES) {
    const message = `The file is larger than ${MAX_FILE_BYTES / 1024} kB.`;
    const hint = 'Split the rules over several files of the bundle, and move addresses into lists.';
    const tooLarge = diagnostic('POLICY_TOO_LARGE', source.span(0, 0), message, hint);
    return { ...nothing, diagnostics: [tooLarge] };
  }
  const { tokens, comments, diagnostics } = lex(source);
  if (diagnostics.length > 0) {
    return { ...nothing, diagnostics: diagnostics.slice(0, MAX_DIAGNOSTICS) };
  }
  const reader = theParser();
  reader.input = tokens;
  const file = reader.file() as FileCstNode;
  const { errors } = reader;
  const told = errors.slice(0, MAX_DIAGNOSTICS).map((error) => syntaxError(source, error));
  return { file, tokens, comments, errors, diagnostics: told };
}

export function parse(source: SourceText): Parsed {
  const { file, errors, diagnostics } = parseTree(source);
  if (file === undefined) return { items: [], diagnostics };
  const offsets = errors.map((error) => error.token.startOffset);
  const read = new NodeReader(source);
  return {
    items: (file.children.item ?? [])
      .filter((item) => isWhole(item, offsets))
      .map((item) => readItem(read, item)),
    diagnostics,
  };
}

function syntaxError(source: SourceText, { token, message }: IRecognitionException): Diagnostic {
  const end = source.text.trimEnd().length;
  const span = tokenMatcher(token, EOF)
    ? source.span(Math.max(0, end - 1), end)
    : source.span(token.startOffset, token.startOffset + token.image.length);
  return diagnostic('SYNTAX', span, message);
}
