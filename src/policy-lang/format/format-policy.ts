/**
 * Writes a policy file the way the language's examples are written. Only white space changes: the
 * tokens and the comments are the same ones in the same order, so the file means what it meant, and
 * a file that is formatted already comes back as it is.
 */
import type { Diagnostic } from '#policy-lang/diagnostics.ts';
import { parseTree } from '#policy-lang/syntax/parse.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { columnsOf } from './columns.ts';
import { Outline } from './outline.ts';
import { Writer, isTogetherIn } from './write.ts';

export type Formatted =
  | { readonly ok: true; readonly text: string }
  /** A file with a syntax error is left alone: what does not parse cannot be kept safely. */
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Names, units and numbers need not be right. Total: any text gives a text or diagnostics. */
export function formatPolicy(source: SourceText): Formatted {
  const { file, tokens, comments, diagnostics } = parseTree(source);
  if (file === undefined || diagnostics.length > 0) return { ok: false, diagnostics };
  const items = new Outline(tokens).items(file);
  const columns = columnsOf(tokens, items, isTogetherIn(tokens, comments));
  const text = new Writer(tokens, comments, columns).write(items);
  requireSame(tokens, comments, new SourceText(source.path, text));
  return { ok: true, text };
}

type Images = readonly { readonly image: string }[];

/** INVARIANT: a formatter that lost or joined a token would change what people agreed to. */
function requireSame(tokens: Images, comments: Images, written: SourceText): void {
  const again = parseTree(written);
  const isSame = (left: Images, right: Images): boolean =>
    left.length === right.length &&
    left.every(({ image }, index) => image.trimEnd() === right[index]?.image.trimEnd());
  if (isSame(tokens, again.tokens) && isSame(comments, again.comments)) return;
  throw new Error(`the formatter would change ${written.path}`);
}
