/** Places as the language server protocol counts them: lines and UTF-16 units from 0. */
import { pathToFileURL, fileURLToPath } from 'node:url';
import { join, relative } from 'node:path';
import type { Position as LspPosition, Range } from 'vscode-languageserver';
import type { Position, Span } from '#policy-lang/diagnostics.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';

const toPosition = ({ line, column }: Position): LspPosition => ({
  line: line - 1,
  character: column - 1,
});

export const toRange = ({ start, end }: Span): Range => ({
  start: toPosition(start),
  end: toPosition(end),
});

/** A place beyond a line's end counts as its end, beyond the last line as the text's end. */
export function toOffset(source: SourceText, { line, character }: LspPosition): number {
  const start = source.lineStart(line + 1);
  return Math.min(start + character, start + source.line(line + 1).length);
}

/** `file:` URI of a bundle's file. */
export const uriOf = (root: string, path: string): string =>
  pathToFileURL(join(root, ...path.split('/'))).href;

/** The path of a `file:` URI within a folder, with `/` between its parts; undefined for others. */
export function pathIn(root: string, uri: string): string | undefined {
  const file = fileOf(uri);
  if (file === undefined) return undefined;
  const path = relative(root, file).replaceAll('\\', '/');
  return path.startsWith('..') ? undefined : path;
}

/** Undefined for a document that is no file, such as one that was never saved. */
export function fileOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
