/** The files of a bundle before anything reads them: known kinds, safe paths, bounded sizes. */
import { hex, utf8 } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { sha256 } from '#core/hashing.ts';
import { brokenCharacter } from '#policy-lang/syntax/characters.ts';
import { GROUP_FILE, isContractFile, isListFile } from '#policy-lang/imports/check-imports.ts';
import { MAX_BUNDLE_BYTES, MAX_FILES } from '#policy-lang/syntax/limits.ts';
import { type Report, compareText } from '#policy-lang/checking/report.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

export type BundleFile = { readonly path: string; readonly content: string };

export const isPolicyFile = (path: string): boolean => /^[^/]+\.policy$/.test(path);

const isKnown = (path: string): boolean =>
  isPolicyFile(path) || isListFile(path) || path === GROUP_FILE || isContractFile(path);

/** One or two levels of plain names: nothing that could lead out of the folder. */
const SAFE_PATH = /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The files by path, in the order of their paths. Files at fault are reported and left out. */
export function openFiles(
  files: readonly BundleFile[],
  report: Report,
): ReadonlyMap<string, SourceText> {
  const opened = new Map<string, SourceText>();
  const bytes = files.reduce((sum, file) => sum + utf8(file.content).length, 0);
  if (bytes > MAX_BUNDLE_BYTES || files.length > MAX_FILES) {
    const most = `${MAX_BUNDLE_BYTES / 1024 / 1024} MB and ${MAX_FILES} files`;
    const message = `The bundle is larger than ${most}.`;
    const start = new SourceText('.', '').span(0, 0);
    report.add('POLICY_TOO_LARGE', start, message, 'Split it into several policies.');
    return opened;
  }
  for (const { path, content } of files.toSorted((a, b) => compareText(a.path, b.path))) {
    const source = new SourceText(path, content);
    if (!SAFE_PATH.test(path)) {
      const message = `"${path}" is not a safe path for a file of a bundle.`;
      const hint = 'Use letters, digits, ".", "_" and "-", and no more than one folder.';
      report.add('BAD_FILE', source.span(0, 0), message, hint);
    } else if (!isKnown(path)) {
      const message = `"${path}" does not belong into a bundle.`;
      const hint = `A bundle holds *.policy, lists/*.csv and ${GROUP_FILE}.`;
      report.add('BAD_FILE', source.span(0, 0), message, hint);
    } else if (opened.has(path)) {
      const message = `"${path}" is in the bundle twice.`;
      report.add('DUPLICATE', source.span(0, 0), message, 'Delete one of the two.');
    } else if (brokenCharacter(content) >= 0) {
      const at = brokenCharacter(content);
      const message = 'Here stands half of a character (an unpaired surrogate).';
      report.add(
        'BAD_CHARACTER',
        source.span(at, at + 1),
        message,
        'Save the file as UTF-8 again.',
      );
    } else if (path.startsWith('abi/') && content.includes('\0')) {
      // No reader of this version looks into it, and the database could not keep it.
      const at = content.indexOf('\0');
      const message = 'Here stands the control character U+0000.';
      report.add('BAD_CHARACTER', source.span(at, at + 1), message, 'Delete it.');
    } else opened.set(path, source);
  }
  return opened;
}

/**
 * The hash that names a bundle: SHA-256 of the RFC 8785 text of its files' paths and hashes, in the
 * order of the paths; 64 hex digits. The order in which the files are given does not matter.
 */
export function bundleHash(files: readonly BundleFile[]): string {
  const entries = files
    .toSorted((left, right) => compareText(left.path, right.path))
    .map(({ path, content }) => ({ path, sha256: hex(sha256(utf8(content))) }));
  return hex(hashOf({ domain: 'countersign/policy-bundle/v1', files: entries }));
}
