/**
 * The signer's bundle: one file of JavaScript, the native files beside it, a start script, and a
 * manifest of every package whose code is inside. It depends on the sources and the lock file only, so
 * two builds of one commit are equal to the last byte.
 */
import { createHash } from 'node:crypto';
import { readFile, readdir, mkdir, rm, writeFile, chmod } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { type OutputChunk, type Plugin, build } from 'rolldown';
import {
  BUNDLE,
  type BundledPackage,
  HEALTH,
  type HashedFile,
  MANIFEST,
  type Manifest,
  START,
} from './manifest.ts';

const ENTRY = 'signer-cluster/bundled.ts';
const PREBUILDS = 'node_modules/secp256k1/prebuilds';
const HERE = import.meta.dirname;

/** In the bundle the file that a worker thread begins with is the bundle itself. */
const THREAD_FILE = 'export const THREAD_FILE = new URL(import.meta.url);';

const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

type NativeFile = { readonly name: string; readonly content: Buffer };

/** `prebuilds/linux-x64/secp256k1.glibc.node` becomes `secp256k1.linux-x64.glibc.node`. */
async function nativeFiles(root: string): Promise<readonly NativeFile[]> {
  const folder = path.join(root, PREBUILDS);
  const platforms = (await readdir(folder)).filter((name) => !name.startsWith('win32'));
  const files = await Promise.all(
    platforms.toSorted().map(async (platform) => {
      const names = (await readdir(path.join(folder, platform))).toSorted();
      return Promise.all(
        names.map(async (name) => ({
          name: name.replace('secp256k1.', `secp256k1.${platform}.`),
          content: await readFile(path.join(folder, platform, name)),
        })),
      );
    }),
  );
  return files.flat();
}

function replacements(root: string, native: readonly NativeFile[]): Plugin {
  const hashes = JSON.stringify(
    Object.fromEntries(native.map(({ name, content }) => [name, sha256(content)])),
  );
  return {
    name: 'replacements',
    resolveId: {
      filter: { id: /^(?:secp256k1\/bindings\.js|@grpc\/proto-loader)$/ },
      handler: (id) => path.join(root, id === '@grpc/proto-loader' ? NO_PROTO_LOADER : NATIVE),
    },
    load: {
      filter: { id: /(?:thread-file\.ts|native-secp256k1\.mjs|no-proto-loader\.cjs)$/ },
      async handler(id) {
        if (id.endsWith('thread-file.ts')) return THREAD_FILE;
        const text = await readFile(path.join(HERE, path.basename(id)), 'utf8');
        return text.replace('{{hashes}}', () => hashes);
      },
    },
  };
}

const NATIVE = 'tools/signer-bundle/native-secp256k1.mjs';
const NO_PROTO_LOADER = 'tools/signer-bundle/no-proto-loader.cjs';

/** Which packages our own modules import, as rolldown resolved them. */
function noteImports(root: string, direct: Set<string>): Plugin {
  return {
    name: 'direct-imports',
    generateBundle() {
      for (const id of this.getModuleIds()) {
        if (packageOf(root, id) !== undefined) continue;
        const { importedIds = [], dynamicallyImportedIds = [] } = this.getModuleInfo(id) ?? {};
        for (const imported of [...importedIds, ...dynamicallyImportedIds]) {
          const name = packageOf(root, imported);
          if (name !== undefined) direct.add(name);
        }
      }
    },
  };
}

/** The folder of the package that a module belongs to, relative to the checkout; undefined for ours. */
function packageOf(root: string, id: string): string | undefined {
  const file = path.relative(root, id);
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/** Builds from the sources and packages of `root` into `out`, which it empties first. */
export async function bundleSigner(root: string, out: string): Promise<Manifest> {
  const native = await nativeFiles(root);
  const direct = new Set<string>();
  const { output } = await build({
    cwd: root,
    input: path.join(root, ENTRY),
    platform: 'node',
    write: false,
    // On a busy machine its callbacks wait, which is no news.
    checks: { bundlerTimings: false },
    tsconfig: path.join(root, 'tsconfig.json'),
    plugins: [replacements(root, native), noteImports(root, direct)],
    output: { format: 'esm', codeSplitting: false, entryFileNames: BUNDLE },
  });
  const [chunk, ...more] = output;
  if (more.length > 0) throw new Error('the bundle must be one file');
  // A dynamic import of a part of itself is named too.
  const outside = [...chunk.imports, ...chunk.dynamicImports].filter(
    (name) => name !== BUNDLE && !isBuiltin(name),
  );
  if (outside.length > 0) throw new Error(`not in the bundle: ${outside.join(', ')}`);
  const start = await readFile(path.join(HERE, 'start.sh'));
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const write = async (file: string, content: string | Uint8Array): Promise<HashedFile> => {
    await writeFile(path.join(out, file), content);
    return { file, sha256: sha256(content) };
  };
  const manifest: Manifest = {
    bundle: await write(BUNDLE, chunk.code),
    start: await write(START, start),
    health: await write(HEALTH, await readFile(path.join(HERE, HEALTH))),
    native: await Promise.all(
      native.map(async ({ name, content }) => ({
        ...(await write(name, content)),
        package: 'secp256k1',
      })),
    ),
    packages: await packagesOf(root, chunk, direct),
    replaced: ['@grpc/proto-loader', 'secp256k1/bindings.js'],
    sources: ownModules(root, chunk),
  };
  await chmod(path.join(out, START), 0o755);
  await write(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/** Only what is left after unused code was taken away. */
const rendered = ({ modules }: OutputChunk): readonly string[] =>
  Object.entries(modules)
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([id]) => id);

function ownModules(root: string, chunk: OutputChunk): readonly string[] {
  return rendered(chunk)
    .filter((id) => path.isAbsolute(id) && packageOf(root, id) === undefined)
    .map((id) => path.relative(root, id))
    .toSorted();
}

async function packagesOf(
  root: string,
  chunk: OutputChunk,
  direct: ReadonlySet<string>,
): Promise<readonly BundledPackage[]> {
  const text = await readFile(path.join(root, 'package-lock.json'), 'utf8');
  const lock = JSON.parse(text) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  const folders = new Set(rendered(chunk).flatMap((id) => packageOf(root, id) ?? []));
  return [...folders].toSorted().map((folder) => {
    const { version, integrity } = lock.packages[folder] ?? {};
    if (version === undefined || integrity === undefined) {
      throw new Error(`${folder} is in the bundle and not in the lock file`);
    }
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return { name, version, integrity, direct: direct.has(folder) };
  });
}
