/**
 * Completes package-lock.json after `npm install` (as `npm run lock`).
 *
 * A registry mirror may lack the binary packages of some platforms. npm then leaves these optional
 * packages out of the lock file, and `npm ci` refuses it on every machine ("Missing ... from lock
 * file"). This adds them back: whole, with their integrity, where the committed lock file knows
 * them, and otherwise with the version and the platform that their names tell.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * @typedef {{
 *   name?: string, version?: string, integrity?: string, dev?: boolean, optional?: boolean,
 *   os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string>,
 * }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by folder; the root's folder is ''
 */

/** The words that package names use, and npm's names for the same systems. */
const SYSTEMS = new Map(
  ['darwin', 'linux', 'win32', 'freebsd', 'android', 'openharmony', 'sunos', 'aix', 'netbsd']
    .concat(['openbsd', 'wasm32', 'wasi'])
    .map((word) => [word, word]),
).set('windows', 'win32');

const PROCESSORS = new Map(
  ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'].map(
    (word) => [word, word],
  ),
)
  .set('amd64', 'x64')
  .set('aarch64', 'arm64')
  .set('armv7', 'arm')
  .set('armeabi', 'arm');

const C_LIBRARIES = new Map([
  ['musl', 'musl'],
  ['musleabihf', 'musl'],
  ['gnu', 'glibc'],
  ['gnueabihf', 'glibc'],
]);

/**
 * Adds the optional packages that `packages` needs and does not have.
 * @param {LockedPackages} packages changed in place
 * @param {LockedPackages} known entries of an earlier lock file
 * @returns {{ added: string[], skipped: string[] }} `skipped` names no platform and stays out
 */
export function completeLock(packages, known) {
  const added = [];
  const skipped = [];
  for (const [folder, dependent] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(dependent.optionalDependencies ?? {})) {
      if (isInstalled(packages, folder, name)) continue;
      const at = `node_modules/${name}`;
      const { version, alias } = parseRange(range);
      const earlier = known[at];
      const isKnown = earlier?.version === version && earlier.integrity !== undefined;
      const entry = isKnown ? earlier : describe(name, version, alias, folder, dependent);
      if (entry === undefined) {
        skipped.push(`${name}@${version}`);
        continue;
      }
      packages[at] = entry;
      added.push(`${name}@${version}`);
    }
  }
  return { added, skipped };
}

/**
 * Whether Node's lookup from `folder` finds the package: in its own node_modules or in one above.
 * @param {LockedPackages} packages
 * @param {string} folder
 * @param {string} name
 */
function isInstalled(packages, folder, name) {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

/**
 * @param {string} range `1.2.3`, `^1.2.3` or `npm:other-name@1.2.3`
 * @returns {{ version: string, alias: string | undefined }}
 */
function parseRange(range) {
  if (!range.startsWith('npm:')) return { version: lowest(range), alias: undefined };
  const separator = range.lastIndexOf('@');
  return {
    version: lowest(range.slice(separator + 1)),
    alias: range.slice('npm:'.length, separator),
  };
}

/** @param {string} range */
const lowest = (range) => range.replace(/^[\^~>=]+/, '');

/**
 * @param {string} name
 * @param {string} version
 * @param {string | undefined} alias
 * @param {string} folder
 * @param {LockedPackage} dependent
 * @returns {LockedPackage | undefined} undefined where the name tells no platform
 */
function describe(name, version, alias, folder, dependent) {
  const words = name.split(/[-/@_]/);
  const os = firstOf(SYSTEMS, words);
  const cpu = firstOf(PROCESSORS, words);
  if (os === undefined && cpu === undefined) return undefined;
  const libc = firstOf(C_LIBRARIES, words);
  return {
    version,
    ...(alias === undefined ? {} : { name: alias }),
    cpu: [cpu ?? 'none'],
    ...(folder !== '' && dependent.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os ?? 'none'],
  };
}

/**
 * @param {Map<string, string>} meanings
 * @param {string[]} words
 */
const firstOf = (meanings, words) =>
  words.map((word) => meanings.get(word)).find((meaning) => meaning !== undefined);

function main() {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  const file = path.join(root, 'package-lock.json');
  const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
  const committed = spawnSync('git', ['show', 'HEAD:package-lock.json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const known = committed.status === 0 ? JSON.parse(committed.stdout).packages : {};
  const { added, skipped } = completeLock(lock.packages, known);
  const sorted = Object.keys(lock.packages).toSorted((a, b) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted.map((folder) => [folder, lock.packages[folder]]));
  fs.writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
  for (const name of skipped) console.log(`left out, its name tells no platform: ${name}`);
  console.log(`added ${added.length} optional packages`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main();
}
