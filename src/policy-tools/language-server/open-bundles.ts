/**
 * The bundles of the documents that are open: their files from disk, with the open documents in place
 * of what was saved last.
 */
import { dirname, basename } from 'node:path';
import { isPlatformError } from '#core/errors.ts';
import { type BundleFile, isPolicyFile } from '#policy-lang/bundle-files.ts';
import { EditedBundle } from '#policy-lang/editing/edited-bundle.ts';
import { type World, withRegistry } from '#policy-lang/world.ts';
import { type BundleOnDisk, readBundle } from '#policy-tools/read-bundle.ts';
import { fileOf, pathIn } from './places.ts';

/** A text that is open, as the editor holds it. */
export type OpenText = { readonly uri: string; readonly text: string };

export type OpenBundle = {
  /** The folder of the bundle. */
  readonly root: string;
  readonly bundle: EditedBundle;
};

export type Documents = { readonly all: () => readonly OpenText[] };

const HEADER = /^\s*policy\s+"/m;

export class OpenBundles {
  readonly #documents: Documents;
  readonly #world: World;
  /** By folder; forgotten whenever a file changes. */
  readonly #bundles = new Map<string, Promise<readonly OpenBundle[]>>();

  constructor(documents: Documents, world: World) {
    this.#documents = documents;
    this.#world = world;
  }

  /** After a change of any file, on disk or in the editor. */
  forget(): void {
    this.#bundles.clear();
  }

  /** The bundle of a document, and the document's path in it. Undefined for what is in none. */
  async of(uri: string): Promise<(OpenBundle & { readonly path: string }) | undefined> {
    const file = fileOf(uri);
    if (file === undefined) return undefined;
    const folder = rootOf(file);
    const bundles = await this.#in(folder);
    const path = pathIn(folder, uri);
    const found = bundles.find(({ bundle }) => path !== undefined && bundle.sources.has(path));
    return found && path !== undefined ? { ...found, path } : undefined;
  }

  #in(folder: string): Promise<readonly OpenBundle[]> {
    const known = this.#bundles.get(folder);
    if (known !== undefined) return known;
    const bundles = this.#read(folder);
    this.#bundles.set(folder, bundles);
    return bundles;
  }

  async #read(folder: string): Promise<readonly OpenBundle[]> {
    const { files: saved, registry } = await savedIn(folder);
    const world = withRegistry(this.#world, registry);
    const open = this.#documents.all().flatMap(({ uri, text }): BundleFile[] => {
      const path = pathIn(folder, uri);
      return path === undefined || !isBundlePath(path) ? [] : [{ path, content: text }];
    });
    const files = new Map([...saved, ...open].map((file) => [file.path, file]));
    return divided([...files.values()]).map((parts) => ({
      root: folder,
      bundle: new EditedBundle(parts, world),
    }));
  }
}

/** A list and an ABI lie one folder below their bundle. */
function rootOf(file: string): string {
  const folder = dirname(file);
  return ['lists', 'abi'].includes(basename(folder)) ? dirname(folder) : folder;
}

const isBundlePath = (path: string): boolean =>
  isPolicyFile(path) || /^(?:lists\/[^/]+\.csv|abi\/[^/]+\.json|groups\.yaml)$/.test(path);

/** None where the folder cannot be read: a document may be new. */
async function savedIn(folder: string): Promise<Pick<BundleOnDisk, 'files' | 'registry'>> {
  try {
    return await readBundle(folder);
  } catch (error) {
    if (isPlatformError(error)) return { files: [] };
    throw error;
  }
}

/**
 * A folder whose policy files have one header between them is one bundle. Where several have one,
 * each is a bundle of its own with its `NAME.test.policy`, as for `countersign policy check FILE`.
 */
function divided(files: readonly BundleFile[]): readonly (readonly BundleFile[])[] {
  const policies = files.filter(({ path }) => isPolicyFile(path));
  const headed = policies.filter(({ content }) => HEADER.test(content));
  if (headed.length <= 1) return [files];
  const shared = files.filter(({ path }) => !isPolicyFile(path));
  const stems = new Set(policies.map(({ path }) => stemOf(path)));
  return [...stems].map((stem) => [
    ...shared,
    ...policies.filter(({ path }) => stemOf(path) === stem),
  ]);
}

const stemOf = (path: string): string => path.replace(/(?:\.test)?\.policy$/, '');
