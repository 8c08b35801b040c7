import type { Fix, Span } from '#policy-lang/diagnostics.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';

/** The change that puts a text in the place of a span, whatever stands there now. */
export function fixAt(
  sources: ReadonlyMap<string, SourceText>,
  span: Span,
  text: string,
): Fix | undefined {
  const before = sources.get(span.path)?.text.slice(span.start.offset, span.end.offset);
  return before === undefined ? undefined : { span, before, text };
}
