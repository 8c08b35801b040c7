/** Which field of a request stands at a place of a text: `call.arg`, `screening.alert-level`. */
import type { IToken } from 'chevrotain';
import type { Span } from '#policy-lang/diagnostics.ts';
import { type Field, FIELDS } from '#policy-lang/checking/fields.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';

const end = (token: IToken): number => token.startOffset + token.image.length;

const BY_PATH: ReadonlyMap<string, Field> = FIELDS;

/** The longest field that the offset touches; undefined where none stands. */
export function fieldAt(
  source: SourceText,
  offset: number,
): { readonly field: Field; readonly span: Span } | undefined {
  const { tokens } = lex(source);
  let first = tokens.findIndex((token) => token.startOffset <= offset && offset <= end(token));
  if (first < 0) return undefined;
  while (first >= 2 && tokens[first - 1]?.image === '.') first -= 2;
  if (tokens[first]?.image === '.') first -= 1;
  for (const length of [3, 2, 1]) {
    const words = tokens.slice(first, first + length);
    const field = BY_PATH.get(pathOf(words.map(({ image }) => image)) ?? '');
    const [start] = words;
    const last = words.at(-1);
    if (field === undefined || start === undefined || last === undefined) continue;
    if (offset <= end(last)) return { field, span: source.span(start.startOffset, end(last)) };
  }
  return undefined;
}

/** `wallet tags` is the field `wallet.tags`. */
function pathOf(words: readonly string[]): string | undefined {
  if (words.length === 2) return words[1] === 'tags' ? words.join('.') : undefined;
  return words.join('');
}
