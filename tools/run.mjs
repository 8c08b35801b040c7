/**
 * The one way into every command: `node tools/run.mjs VERB [arguments]`.
 *
 * Dependency-free, and runs on any Node from 18 on. It installs the packages when they are not
 * there yet, and then hands over to the Node 24 that was installed with them. See verbs.mjs for
 * the commands.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ensureInstalled, SetupError } from './install.mjs';
import { watchNpm } from './npm-parent.mjs';
import { helpText, VERBS, verbHelpText } from './verbs.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * @param {string[]} commandLine
 * @returns {Promise<number>} the exit code
 */
async function main([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(helpText());
    return name === undefined ? 2 : 0;
  }
  const verb = VERBS[name];
  if (verb === undefined) {
    console.error(`There is no command "${name}".\n\n${helpText()}`);
    return 2;
  }
  if (verb.tellsHelp !== true && args.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(verbHelpText(name, verb));
    return 0;
  }
  requirePlatform();
  const use = await ensureInstalled(root, tell);
  try {
    const node = chooseNode();
    const commands = verb.commands(args, root);
    let result = 0;
    for (const command of commands) {
      const code = await run(node, command, verb, use);
      if (code >= 128) return code;
      if (result === 0) result = code;
    }
    return result;
  } finally {
    use.release();
  }
}

/** @param {string} line */
const tell = (line) => console.error(`countersign: ${line}`);

function requirePlatform() {
  if (process.platform === 'win32') {
    throw new SetupError(
      'on Windows, run Countersign inside WSL (the Windows Subsystem for Linux)',
    );
  }
}

/**
 * The Node that was installed with the packages, where it runs; otherwise the one that runs this.
 * @returns {string} path of the program
 */
function chooseNode() {
  const pinned = path.join(root, 'node_modules', '.bin', 'node');
  let reason = `npm carries no Node for ${process.platform}-${process.arch}`;
  if (fs.existsSync(pinned)) {
    const real = fs.realpathSync(pinned);
    const { status, stderr, error } = spawnSync(real, ['--version'], { encoding: 'utf8' });
    if (status === 0) return real;
    reason = `the Node that was installed does not run here: ${error?.message ?? stderr.trim()}`;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new SetupError(
    `Countersign needs Node 22.18 or newer on this machine, and this is ${process.version} ` +
      `(${reason}). Install a newer Node and try again.`,
  );
}

/**
 * Runs one program of the verb and passes signals on to it.
 * @param {string} node
 * @param {import('./verbs.mjs').Command} command
 * @param {import('./verbs.mjs').Verb} verb
 * @param {Awaited<ReturnType<typeof ensureInstalled>>} use
 * @returns {Promise<number>} its exit code; 128 and the signal's number where a signal ended it
 */
async function run(node, command, verb, use) {
  const bin = path.join(root, 'node_modules', '.bin');
  const loader = path.join(root, 'launcher', 'typescript.mjs');
  const child = spawn(
    node,
    command.typescript
      ? ['--import', pathToFileURL(loader).href, ...command.args]
      : [...command.args],
    {
      cwd: verb.keepsFolder ? process.cwd() : root,
      env: {
        ...process.env,
        PATH: [path.dirname(node), bin, process.env['PATH']].join(path.delimiter),
        ...command.env,
      },
      // The channel is how a supervisor notices that this process was killed.
      stdio: verb.supervises ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    },
  );
  if (child.pid !== undefined) use.addProcess(child.pid);
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, passOn);
  const unwatch = watchNpm(() => passOn('SIGTERM'));
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        resolve(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal]);
      });
    });
  } finally {
    unwatch();
    for (const signal of SIGNALS) process.off(signal, passOn);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`countersign: ${error.message}`);
  process.exitCode = 1;
}
