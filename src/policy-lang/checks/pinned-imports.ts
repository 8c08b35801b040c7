import { hex, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { quoted } from '#policy-lang/checking/condition-text.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Import } from '#policy-lang/syntax/syntax.ts';
import type { Check } from './check.ts';

/**
 * Check 10: an import that pins its file gets the file that was reviewed. A changed file has no fix:
 * somebody must read what has changed.
 */
export function requireUnchanged(report: Report, { hash }: Import, file: SourceText): boolean {
  if (hash === undefined) return true;
  if (!/^[0-9a-f]{64}$/.test(hash.text)) {
    const message = 'A sha256 is 64 digits 0-9, a-f.';
    report.add('BAD_IMPORT', hash.span, message, `Print it with: sha256sum ${file.path}`);
    return false;
  }
  const actual = sha256Of(file);
  if (actual === hash.text) return true;
  const message = `"${file.path}" has changed: its sha256 is ${actual}.`;
  report.add('BAD_IMPORT', hash.span, message, 'Review the file, then write its new sha256.');
  return false;
}

const sha256Of = ({ text }: SourceText): string => hex(sha256(utf8(text)));

/** Check 10: an import is not empty. Where the file has errors, these are why nothing was read. */
export function reportEmpty(report: Report, { of, name }: Import, file: SourceText): void {
  if (report.hasErrorsIn(file)) return;
  const message = `The ${of} ${name.text} is empty.`;
  const hint = 'Add an entry: an empty one would block or allow everything without notice.';
  report.add('BAD_IMPORT', name.span, message, hint);
}

/**
 * Check 10: a policy that pins one file pins them all; the one that was left out would be the one that
 * somebody changes.
 */
export const pinnedImports: Check = ({ imports, sources }, report) => {
  if (!imports.some(({ hash }) => hash !== undefined)) return;
  for (const { from, hash, name } of imports) {
    const file = sources.get(from.text);
    if (hash !== undefined || file === undefined) continue;
    const message = `The import ${name.text} has no sha256, and other imports have one.`;
    const before = quoted(from.text);
    report.add('NOT_PINNED', from.span, message, {
      hint: `Review "${from.text}", then write its sha256.`,
      before,
      text: `${before} sha256 "${sha256Of(file)}"`,
    });
  }
};
