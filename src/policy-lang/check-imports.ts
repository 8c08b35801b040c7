/** Reads the lists and groups that a bundle imports. */
import { hex, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import type { GroupMember } from './compiled-policy.ts';
import { type GroupLine, readGroupFile } from './group-file.ts';
import { type AddressList, readListFile } from './list-file.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { didYouMean, nearestName } from './nearest-name.ts';
import { optional } from './optional.ts';
import type { Report } from './report.ts';
import type { Imported } from './scope.ts';
import type { SourceText } from './source-text.ts';
import type { Import } from './syntax.ts';
import type { World } from './world.ts';

export type Imports = {
  readonly lists: ReadonlyMap<string, Imported<AddressList>>;
  readonly groups: ReadonlyMap<string, Imported<readonly GroupMember[]>>;
};

export const GROUP_FILE = 'groups.yaml';
export const isListFile = (path: string): boolean => /^lists\/[^/]+\.csv$/.test(path);

export function readImports(
  imports: readonly Import[],
  files: ReadonlyMap<string, SourceText>,
  world: World,
  report: Report,
): Imports {
  const lists = new Map<string, Imported<AddressList>>();
  const groups = new Map<string, Imported<readonly GroupMember[]>>();
  const readList = onceForEachFile((file) => readListFile(file, world, report));
  const readGroups = onceForEachFile((file) => readGroupLines(file, report));
  for (const item of imports) {
    const name = item.name.text;
    if (item.of === 'contracts') {
      report.add('UNSUPPORTED', item.span, 'This version does not support imported contracts.');
      continue;
    }
    if (lists.has(name) || groups.has(name)) {
      const message = `The name ${name} is imported twice.`;
      report.add('DUPLICATE', item.name.span, message, 'Choose another name.');
      continue;
    }
    const file = importedFile(item, files, report);
    const into = { span: item.name.span, name };
    // A broken import keeps its name, so that its uses are not reported as well.
    if (item.of === 'list') {
      const content = file === undefined ? new Map() : readList(file);
      if (file !== undefined && content.size === 0) reportEmpty(item, file, report);
      lists.set(name, { ...into, content });
    } else {
      const lines = file === undefined ? [] : readGroups(file);
      groups.set(name, { ...into, content: members(item, file, lines, world, report) });
    }
  }
  return { lists, groups };
}

function onceForEachFile<T>(read: (file: SourceText) => T): (file: SourceText) => T {
  const results = new Map<SourceText, T>();
  return (file) => {
    const before = results.get(file);
    if (before !== undefined) return before;
    const result = read(file);
    results.set(file, result);
    return result;
  };
}

function readGroupLines(file: SourceText, report: Report): readonly GroupLine[] {
  if (utf8(file.text).length <= MAX_FILE_BYTES) return readGroupFile(file, report);
  const message = `The file is larger than ${MAX_FILE_BYTES / 1024} kB.`;
  report.add('POLICY_TOO_LARGE', file.span(0, 0), message, 'Delete groups that no rule imports.');
  return [];
}

/** The file that an import names, if it is there, of the right kind, and unchanged. */
function importedFile(
  item: Import,
  files: ReadonlyMap<string, SourceText>,
  report: Report,
): SourceText | undefined {
  const path = item.from.text;
  if (path === 'registry') {
    const hint = 'Import the list from a file of the bundle.';
    report.add('UNSUPPORTED', item.from.span, 'This version does not support the registry.', hint);
    return undefined;
  }
  const fits = item.of === 'list' ? isListFile(path) : path === GROUP_FILE;
  if (!fits) {
    const place = item.of === 'list' ? 'lists/NAME.csv' : GROUP_FILE;
    const message = `A ${item.of} is imported from ${place}, not from "${path}".`;
    report.add('BAD_IMPORT', item.from.span, message, `Put it into ${place}.`);
    return undefined;
  }
  const file = files.get(path);
  if (file === undefined) {
    const message = `The bundle has no file "${path}".`;
    report.add('BAD_IMPORT', item.from.span, message, () => {
      const near = nearestName(path, [...files.keys()].filter(isListFile));
      return near === undefined ? 'Add the file, or correct its name.' : `Did you mean ${near}?`;
    });
    return undefined;
  }
  return isUnchanged(item, file, report) ? file : undefined;
}

function isUnchanged(item: Import, file: SourceText, report: Report): boolean {
  const expected = item.hash;
  if (expected === undefined) return true;
  if (!/^[0-9a-f]{64}$/.test(expected.text)) {
    const message = 'A sha256 is 64 digits 0-9, a-f.';
    report.add('BAD_IMPORT', expected.span, message, `Print it with: sha256sum ${file.path}`);
    return false;
  }
  const actual = hex(sha256(utf8(file.text)));
  if (actual === expected.text) return true;
  const message = `"${file.path}" has changed: its sha256 is ${actual}.`;
  report.add('BAD_IMPORT', expected.span, message, 'Review the file, then write its new sha256.');
  return false;
}

/** Where the file itself has errors, these are why nothing was read. */
function reportEmpty(item: Import, file: SourceText, report: Report): void {
  if (report.hasErrorsIn(file)) return;
  const message = `The ${item.of} ${item.name.text} is empty.`;
  const hint = 'Add an entry: an empty one would block or allow everything without notice.';
  report.add('BAD_IMPORT', item.name.span, message, hint);
}

function members(
  item: Import,
  file: SourceText | undefined,
  lines: readonly GroupLine[],
  world: World,
  report: Report,
): readonly GroupMember[] {
  if (file === undefined) return [];
  const line = lines.find((candidate) => candidate.name === item.name.text);
  if (line === undefined && report.hasErrorsIn(file)) return [];
  if (line === undefined) {
    report.add('BAD_IMPORT', item.name.span, `"${file.path}" has no group ${item.name.text}.`, () =>
      didYouMean(
        item.name.text,
        lines.map((candidate) => candidate.name),
      ),
    );
    return [];
  }
  if (line.emails.length === 0) reportEmpty(item, file, report);
  return line.emails.map((email) => {
    const user = world.resolveUser?.(email);
    if (user === undefined && world.resolveUser !== undefined) {
      const message = `There is no user ${email} in the organisation.`;
      report.add('UNKNOWN_NAME', line.span, message, 'Invite the person first.');
    }
    return { email, ...optional('user', user) };
  });
}
