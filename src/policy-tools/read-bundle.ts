/** Reads a bundle from disk: a folder, or one policy file with the lists and groups beside it. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PlatformError, invalidInput, isPlatformError } from '#core/errors.ts';
import { type BundleFile, isPolicyFile } from '#policy-lang/bundle-files.ts';
import { GROUP_FILE, isContractFile, isListFile } from '#policy-lang/imports/check-imports.ts';
import { type Registry, readRegistry } from '#policy-lang/registry.ts';
import { MAX_BUNDLE_BYTES } from '#policy-lang/syntax/limits.ts';
import { readTextFile } from './read-text.ts';

export type BundleOnDisk = {
  /** The folder that the paths of the files are relative to. */
  readonly root: string;
  /** In the order of their paths. */
  readonly files: readonly BundleFile[];
  /** What `from "registry"` reads: `registry.json`, which lies beside the files and is none of them. */
  readonly registry?: Registry;
};

/**
 * Takes `*.policy`, `lists/*.csv`, `abi/*.json` and `groups.yaml`, reads `registry.json`, and leaves
 * everything else alone. Given a file
 * `NAME.policy`, the bundle has that file, its tests in `NAME.test.policy`, and of the lists, groups
 * and contracts beside it those that the two name.
 * @throws INVALID_INPUT when there is nothing to read, or a file is no UTF-8
 */
export async function readBundle(path: string): Promise<BundleOnDisk> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) {
    const names = await namesIn(path, isPolicyFile);
    if (names.length === 0) throw noPolicy(path, 'has no file that ends in .policy');
    await requireFlat(path, '', isPolicyFile);
    return { root: path, files: await readFiles(path, names), ...(await readRegistryIn(path)) };
  }
  if (!path.endsWith('.policy')) throw noPolicy(path, 'does not end in .policy');
  const root = dirname(path);
  const stem = basename(path).replace(/(?:\.test)?\.policy$/, '');
  const parts = new Set([basename(path), `${stem}.policy`, `${stem}.test.policy`]);
  const files = await readFiles(root, await namesIn(root, (name) => parts.has(name)));
  const own = files.filter(({ path }) => isNamed(path, files));
  return { root, files: own, ...(await readRegistryIn(root)) };
}

/** Stands in for an organisation's registry; "countersign registry save" writes it. */
export const REGISTRY_FILE = 'registry.json';
const REGISTRY_BYTES_MAX = 16 * 1_048_576;

async function readRegistryIn(root: string): Promise<Pick<BundleOnDisk, 'registry'>> {
  const names = await namesIn(root, (name) => name === REGISTRY_FILE);
  if (names.length === 0) return {};
  const path = join(root, REGISTRY_FILE);
  const text = await readTextFile(path, REGISTRY_BYTES_MAX);
  try {
    return { registry: readRegistry(JSON.parse(text)) };
  } catch (cause) {
    const { reason = 'not JSON' } = isPlatformError(cause) ? cause.context : {};
    const hint = 'Write it with "countersign registry save".';
    const context = { field: path, reason: String(reason), hint };
    throw new PlatformError('INVALID_INPUT', context, { cause });
  }
}

/** What lies beside a policy file belongs to its bundle where the file speaks of it. */
const isNamed = (path: string, files: readonly BundleFile[]): boolean =>
  isPolicyFile(path) ||
  files.some((file) => isPolicyFile(file.path) && file.content.includes(`"${path}"`));

const noPolicy = (path: string, reason: string) =>
  invalidInput(path, reason, 'Name a policy file, or the folder of a bundle.');

const unreadable = (path: string, error: NodeJS.ErrnoException) =>
  invalidInput(
    path,
    error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code ?? 'error'})`,
    'Name a policy file, or the folder of a bundle.',
  );

async function namesIn(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.filter(({ name }) => wanted(name));
  const other = found.find((entry) => !entry.isFile());
  // Left out in silence, a rule that blocks would be missed by nobody.
  if (other !== undefined) {
    const path = join(folder, other.name);
    throw invalidInput(path, 'a link or a folder, not a file', 'Put the file itself there.');
  }
  return found.map(({ name }) => name).toSorted();
}

/** Folders in which no bundle keeps its files. */
const isForeign = (name: string): boolean => name.startsWith('.') || name === 'node_modules';
/** A bundle is looked through this deep. */
const DEPTH_MAX = 8;

/**
 * Files of a bundle stand where the compiler looks for them. Left out in silence, a rule further down
 * would be missed by nobody.
 */
async function requireFlat(
  root: string,
  folder: string,
  wanted: (name: string) => boolean,
  depth = 0,
): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !isForeign(entry.name) && depth < DEPTH_MAX) {
      await requireFlat(root, path, wanted, depth + 1);
    } else if (depth > 0 && wanted(entry.name)) {
      const hint = 'Move the file up, or name the folder that it is in as a bundle of its own.';
      throw invalidInput(join(root, path), 'in a folder below the bundle, which is not read', hint);
    }
  }
}

async function readFiles(root: string, policies: readonly string[]): Promise<BundleFile[]> {
  const contracts = await pathsIn(root, 'abi', isContractFile);
  const lists = await pathsIn(root, 'lists', isListFile);
  const groups = await namesIn(root, (name) => name === GROUP_FILE);
  const paths = [...contracts, ...groups, ...lists, ...policies];
  const files: BundleFile[] = [];
  for (const path of paths) files.push({ path, content: await readText(join(root, path)) });
  return files;
}

/** Paths of the wanted files in a folder of the bundle, which need not be there. */
async function pathsIn(
  root: string,
  folder: string,
  wanted: (path: string) => boolean,
): Promise<string[]> {
  const inFolder = (name: string): string => `${folder}/${name}`;
  try {
    const names = await namesIn(join(root, folder), (name) => wanted(inFolder(name)));
    await requireFlat(root, folder, (name) => wanted(inFolder(name)));
    return names.map(inFolder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    if (error instanceof PlatformError) throw error;
    throw unreadable(join(root, folder), error as NodeJS.ErrnoException);
  }
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_BUNDLE_BYTES) throw invalidInput(path, 'larger than 16 MB', 'Split the file.');
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalidInput(path, 'not UTF-8', 'Save the file as UTF-8.');
  }
}
