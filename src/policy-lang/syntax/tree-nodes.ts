/**
 * Small steps from the parser's nodes to the tree: first child, place in the file, text in quotes.
 */
import { type CstElement, type CstNode, type IToken } from 'chevrotain';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { SourceText } from './source-text.ts';
import type { Written } from './syntax.ts';

const isNode = (element: CstElement): element is CstNode => 'children' in element;

/** The child that the grammar makes mandatory here. Only whole nodes are read, so it is there. */
export function the<T>(children: readonly T[] | undefined): T {
  const first = children?.[0];
  if (first === undefined) throw new TypeError('a whole node lacks a mandatory child');
  return first;
}

/** Where the errors of a parse stand: offsets of the tokens that did not fit. */
export type ErrorOffsets = readonly number[];

/** Whether nothing in a node was skipped, put in, or left out to get over a syntax error. */
export function isWhole(node: CstNode, errors: ErrorOffsets): boolean {
  if (errors.length === 0) return true;
  const { startOffset = Number.NaN, endOffset = Number.NaN } = node.location ?? {};
  if (errors.some((offset) => offset >= startOffset && offset <= endOffset)) return false;
  return !hasRepairs(node);
}

function hasRepairs(node: CstNode): boolean {
  if (node.recoveredNode === true) return true;
  return Object.values(node.children).some((elements) =>
    elements.some((element) =>
      isNode(element) ? hasRepairs(element) : element.isInsertedInRecovery === true,
    ),
  );
}

/** What reads one file's nodes. */
export class NodeReader {
  readonly source: SourceText;

  constructor(source: SourceText) {
    this.source = source;
  }

  spanOf({ location }: CstNode): Span {
    const { startOffset = 0, endOffset = startOffset - 1 } = location ?? {};
    return this.source.span(startOffset, endOffset + 1);
  }

  tokenSpan({ startOffset, image }: IToken): Span {
    return this.source.span(startOffset, startOffset + image.length);
  }

  word(token: IToken): Written {
    return { text: token.image, span: this.tokenSpan(token) };
  }

  /** A text without its quotes and escapes. */
  text(token: IToken): Written {
    const inner = token.image.slice(1, -1);
    const text = inner.includes('\\') ? inner.replace(/\\(["\\])/g, '$1') : inner;
    return { text, span: this.tokenSpan(token) };
  }
}
