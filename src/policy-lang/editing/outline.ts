/** The parts of a file, as an editor lists them. */
import type { Span } from '#policy-lang/diagnostics.ts';
import { parse } from '#policy-lang/syntax/parse.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Item } from '#policy-lang/syntax/syntax.ts';

export type OutlineEntry = {
  readonly kind: Item['kind'];
  readonly name: string;
  /** What else the author says of it; may be empty. */
  readonly detail: string;
  /** The whole part. */
  readonly span: Span;
  /** Its name. */
  readonly nameSpan: Span;
};

/** Parts that a syntax error broke are left out. */
export const outlineOf = (source: SourceText): readonly OutlineEntry[] =>
  parse(source).items.map(entryOf);

function entryOf(item: Item): OutlineEntry {
  const { kind, span } = item;
  if ('name' in item) {
    const detail = item.kind === 'rule' ? (item.title?.text ?? '') : '';
    return { kind, name: item.name.text, detail, span, nameSpan: item.name.span };
  }
  return { kind, name: item.title.text, detail: '', span, nameSpan: item.title.span };
}
