/** Reads the lists and groups that a bundle imports. */
import { utf8 } from '#core/bytes.ts';
import type { GroupMember } from '#policy-lang/compiled-policy.ts';
import { reportEmpty, requireUnchanged } from '#policy-lang/checks/pinned-imports.ts';
import { type ContractSet, NO_CONTRACTS, readContractFile } from './contract-file.ts';
import { type GroupLine, readGroupFile } from './group-file.ts';
import { type AddressList, readListFile } from './list-file.ts';
import { addressesOf, isOfRegistry, readRegistered } from './registry-import.ts';
import { MAX_FILE_BYTES } from '#policy-lang/syntax/limits.ts';
import { didYouMean, nearestName } from '#policy-lang/checking/nearest-name.ts';
import { optional } from '#policy-lang/optional.ts';
import type { Registry, RegistryGroup, RegistryList } from '#policy-lang/registry.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Imported } from '#policy-lang/checking/scope.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Import } from '#policy-lang/syntax/syntax.ts';
import type { World } from '#policy-lang/world.ts';

const NO_ASSETS: Registry['assets'] = new Map();

export type Imports = {
  readonly lists: ReadonlyMap<string, Imported<AddressList>>;
  readonly groups: ReadonlyMap<string, Imported<readonly GroupMember[]>>;
  readonly contracts: ReadonlyMap<string, Imported<ContractSet>>;
  readonly registry: Registry;
};

export const GROUP_FILE = 'groups.yaml';
export const isContractFile = (path: string): boolean => /^abi\/[^/]+\.json$/.test(path);
export const isListFile = (path: string): boolean => /^lists\/[^/]+\.csv$/.test(path);

export function readImports(
  imports: readonly Import[],
  files: ReadonlyMap<string, SourceText>,
  world: World,
  report: Report,
): Imports {
  const lists = new Map<string, Imported<AddressList>>();
  const groups = new Map<string, Imported<readonly GroupMember[]>>();
  const contracts = new Map<string, Imported<ContractSet>>();
  const registered = {
    lists: new Map<string, RegistryList>(),
    groups: new Map<string, RegistryGroup>(),
    assets: world.registry?.assets ?? NO_ASSETS,
  };
  const readList = onceForEachFile((file) => readListFile(file, world, report));
  const readGroups = onceForEachFile((file) => readGroupLines(file, report));
  const readContracts = onceForEachFile((file) => readContractFile(file, world, report));
  for (const item of imports) {
    const name = item.name.text;
    if (lists.has(name) || groups.has(name) || contracts.has(name)) {
      const message = `The name ${name} is imported twice.`;
      report.add('DUPLICATE', item.name.span, message, 'Choose another name.');
      continue;
    }
    const into = { span: item.name.span, name };
    if (isOfRegistry(item)) {
      const found = readRegistered(item, world, report);
      if (item.of === 'list') {
        lists.set(name, { ...into, content: addressesOf(item, found.list, world, report) });
        registered.lists.set(name, found.list);
      } else if (item.of === 'group') {
        groups.set(name, { ...into, content: found.group.members });
        registered.groups.set(name, found.group);
      } else contracts.set(name, { ...into, content: NO_CONTRACTS });
      continue;
    }
    const file = importedFile(item, files, report);
    // A broken import keeps its name, so that its uses are not reported as well.
    if (item.of === 'list') {
      const content = file === undefined ? new Map() : readList(file);
      if (file !== undefined && content.size === 0) reportEmpty(report, item, file);
      lists.set(name, { ...into, content });
    } else if (item.of === 'group') {
      const lines = file === undefined ? [] : readGroups(file);
      groups.set(name, { ...into, content: members(item, file, lines, world, report) });
    } else {
      const content = file === undefined ? NO_CONTRACTS : readContracts(file);
      contracts.set(name, { ...into, content });
    }
  }
  return { lists, groups, contracts, registry: registered };
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

const PLACES = {
  list: { fits: isListFile, place: 'lists/NAME.csv' },
  group: { fits: (path: string): boolean => path === GROUP_FILE, place: GROUP_FILE },
  contracts: { fits: isContractFile, place: 'abi/NAME.json' },
} as const;

/** The file that an import names, if it is there, of the right kind, and unchanged. */
function importedFile(
  item: Import,
  files: ReadonlyMap<string, SourceText>,
  report: Report,
): SourceText | undefined {
  const path = item.from.text;
  const { fits, place } = PLACES[item.of];
  if (!fits(path)) {
    const message = `A ${item.of} is imported from ${place}, not from "${path}".`;
    report.add('BAD_IMPORT', item.from.span, message, `Put it into ${place}.`);
    return undefined;
  }
  const file = files.get(path);
  if (file === undefined) {
    const message = `The bundle has no file "${path}".`;
    report.add('BAD_IMPORT', item.from.span, message, () => {
      const near = nearestName(path, [...files.keys()].filter(fits));
      if (near === undefined) return 'Add the file, or correct its name.';
      return { hint: `Did you mean ${near}?`, before: `"${path}"`, text: `"${near}"` };
    });
    return undefined;
  }
  return requireUnchanged(report, item, file) ? file : undefined;
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
  if (line.emails.length === 0) reportEmpty(report, item, file);
  return line.emails.map((email) => {
    const user = world.resolveUser?.(email);
    if (user === undefined && world.resolveUser !== undefined) {
      const message = `There is no user ${email} in the organisation.`;
      report.add('UNKNOWN_NAME', line.span, message, 'Invite the person first.');
    }
    return { email, ...optional('user', user) };
  });
}
