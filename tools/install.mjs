/**
 * Installs the packages of the lock file when they are not there yet, once for all commands that
 * start in this checkout at the same time, and never under a command that still runs.
 * Dependency-free, for Node 18.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { tryLock } from './lock.mjs';
import { identityOf, isAlive, processStart } from './process-identity.mjs';

/** A plain message for the person at the terminal; no stack is printed for it. */
export class SetupError extends Error {}

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const WAIT_MS = 100;
const PROGRESS_MS = 2000;
/** Without npm's own progress, whose moving line would be drawn through ours. */
const INSTALL_OPTIONS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-progress',
  '--loglevel=error',
];
/** Development and optional packages are needed to run at all, whatever NODE_ENV or npmrc say. */
const EVERYTHING = ['--include=dev', '--include=optional', '--include=peer'];

/**
 * Makes sure that node_modules holds what package-lock.json says, and registers this process as a
 * user of it.
 * @param {string} root folder of the checkout
 * @param {(line: string) => void} tell prints a line of progress
 * @returns {Promise<{ addProcess: (pid: number) => void, release: () => void }>} `addProcess`
 * registers a process that uses the packages too and may outlive this one
 */
export async function ensureInstalled(root, tell) {
  const state = path.join(root, '.install');
  const current = isCurrent(root);
  if (current && !isWritable(root))
    return { addProcess: () => undefined, release: () => undefined };
  try {
    fs.mkdirSync(path.join(state, 'users'), { recursive: true });
  } catch (error) {
    throw new SetupError(`the packages must be installed, but ${message(error)}`);
  }
  const lock = await takeLock(path.join(state, 'lock'), tell);
  try {
    const stale = !isCurrent(root);
    if (stale) refuseUnderLivingUsers(state);
    const use = register(state);
    if (stale) await install(root, tell, (pid) => use.addProcess(pid));
    return use;
  } finally {
    lock.release();
  }
}

/** @param {unknown} error */
const message = (error) => (error instanceof Error ? error.message : String(error));

/** @param {string} folder */
function isWritable(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    // The question is answered: it is not writable.
    return false;
  }
}

/** @param {string} root */
const stampFile = (root) => path.join(root, 'node_modules', '.countersign-stamp');

/**
 * What an installation depends on: the lock file and the platform whose binaries were chosen.
 * @param {string} root
 */
export function stampOf(root) {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  return `${digest} ${process.platform} ${process.arch}\n`;
}

/** @param {string} root */
function isCurrent(root) {
  const file = stampFile(root);
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8') === stampOf(root);
}

/**
 * @param {string} folder
 * @param {(line: string) => void} tell
 */
async function takeLock(folder, tell) {
  for (let told = false; ; told = true) {
    const attempt = tryLock(folder);
    if (attempt.held) return attempt;
    if (!told) tell(`waiting for process ${attempt.owner.pid}, which installs in this checkout`);
    await new Promise((resolve) => {
      setTimeout(resolve, WAIT_MS);
    });
  }
}

/**
 * The registered processes that still live; the files of dead ones are removed.
 * @param {string} state
 */
function livingUsers(state) {
  const folder = path.join(state, 'users');
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.flatMap((name) => {
    const file = path.join(folder, name);
    /** @type {{ identities: import('./process-identity.mjs').ProcessIdentity[], verb: string }} */
    const user = JSON.parse(fs.readFileSync(file, 'utf8'));
    const living = user.identities.filter(isAlive);
    if (living.length === 0) fs.rmSync(file);
    return living.map(({ pid }) => ({ pid, verb: user.verb }));
  });
}

/** @param {string} state */
function refuseUnderLivingUsers(state) {
  const users = livingUsers(state);
  if (users.length === 0) return;
  const list = users.map(({ pid, verb }) => `${verb} (process ${pid})`).join(', ');
  throw new SetupError(
    `package-lock.json has changed, and the packages cannot be replaced under what still runs ` +
      `in this checkout: ${list}. Stop it and try again.`,
  );
}

/** @param {string} state */
function register(state) {
  const file = path.join(state, 'users', `${process.pid}.json`);
  const user = { verb: process.argv[2] ?? 'unknown', identities: [identityOf()] };
  const write = () => {
    // Renamed into place, so that a reader never sees half of it.
    fs.writeFileSync(`${file}.new`, JSON.stringify(user));
    fs.renameSync(`${file}.new`, file);
  };
  write();
  return {
    /** @param {number} pid */
    addProcess(pid) {
      // A short one may have ended before this process was scheduled again: then nothing is in use.
      const start = processStart(pid);
      if (start === undefined) return;
      user.identities.push({ pid, start });
      write();
    },
    release: () => fs.rmSync(file, { force: true }),
  };
}

/**
 * @param {string} root
 * @param {(line: string) => void} tell
 * @param {(pid: number) => void} addProcess
 */
async function install(root, tell, addProcess) {
  fs.rmSync(stampFile(root), { force: true });
  const folders = packageFolders(root);
  tell(`installing ${folders.length} packages from package-lock.json (once)`);
  const started = Date.now();
  // npm creates all folders first and fills them later.
  const isUnpacked = (/** @type {string} */ folder) =>
    fs.existsSync(path.join(root, folder, 'package.json'));
  const progress = setInterval(() => {
    const present = folders.filter(isUnpacked).length;
    const seconds = Math.round((Date.now() - started) / 1000);
    tell(`installing: ${present} of ${folders.length} packages, ${seconds} s`);
  }, PROGRESS_MS);
  try {
    await npmCi(root, addProcess);
  } finally {
    clearInterval(progress);
  }
  fs.writeFileSync(stampFile(root), stampOf(root));
  tell(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/**
 * The folders that npm will fill on this platform.
 * @param {string} root
 */
function packageFolders(root) {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  return Object.keys(lock.packages).filter((folder) => {
    const { os, cpu, libc } = lock.packages[folder];
    if (libc?.includes('musl')) return false;
    return folder !== '' && admits(os, process.platform) && admits(cpu, process.arch);
  });
}

/**
 * @param {string[] | undefined} allowed
 * @param {string} value
 */
const admits = (allowed, value) => allowed === undefined || allowed.includes(value);

/**
 * @param {string} root
 * @param {(pid: number) => void} addProcess
 */
async function npmCi(root, addProcess) {
  const [command, ...first] = npmCommand();
  const args = [...first, 'ci', ...EVERYTHING, ...INSTALL_OPTIONS];
  const npm = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  // Registered, so that no other command installs beside an npm that outlives this process.
  if (npm.pid !== undefined) addProcess(npm.pid);
  // At once: npm itself first undoes what it did. There is no stamp, so the next start begins anew.
  const stop = () => void npm.kill('SIGKILL');
  for (const signal of SIGNALS) process.on(signal, stop);
  const failure = await new Promise((resolve) => {
    npm.once('error', (error) => resolve(`npm cannot be started: ${error.message}`));
    npm.once('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal === null ? `npm ci ended with code ${code}` : `npm ci got ${signal}`);
    });
  });
  for (const signal of SIGNALS) process.off(signal, stop);
  if (failure !== undefined) throw new SetupError(`the packages were not installed: ${failure}`);
}

/**
 * The npm that started this command, or the one on the path.
 * @returns {[string, ...string[]]}
 */
function npmCommand() {
  const running = process.env['npm_execpath'];
  if (running !== undefined && path.basename(running) === 'npm-cli.js') {
    return [process.execPath, running];
  }
  return ['npm'];
}
