/** Makes the changes that diagnostics propose. */
import type { BundleFile } from './bundle-files.ts';
import type { Diagnostic, Fix } from './diagnostics.ts';

export type FixedFiles = {
  /** Those that changed, with their new content. */
  readonly files: readonly BundleFile[];
  /** How many changes were made. */
  readonly count: number;
};

/**
 * Makes each proposed change that is no guess and whose place holds what the change expects. Of changes that overlap the
 * first wins; the other one may be proposed again when the files are checked anew.
 */
export function applyFixes(
  files: readonly BundleFile[],
  diagnostics: readonly Diagnostic[],
): FixedFiles {
  const fixes = diagnostics.flatMap(({ fix }) => (fix === undefined || fix.isGuess ? [] : fix));
  const changed = files.map((file) => fixFile(file, fixes));
  return {
    files: changed.flatMap(({ file, count }) => (count > 0 ? file : [])),
    count: changed.reduce((sum, { count }) => sum + count, 0),
  };
}

function fixFile(
  file: BundleFile,
  fixes: readonly Fix[],
): { readonly file: BundleFile; readonly count: number } {
  const own = fixes
    .filter(({ span }) => span.path === file.path)
    .toSorted((left, right) => left.span.start.offset - right.span.start.offset);
  let content = '';
  let from = 0;
  let count = 0;
  for (const { span, before, text } of own) {
    const [start, end] = [span.start.offset, span.end.offset];
    if (start < from || file.content.slice(start, end) !== before) continue;
    content += file.content.slice(from, start) + text;
    from = end;
    count += 1;
  }
  return { file: { path: file.path, content: content + file.content.slice(from) }, count };
}
