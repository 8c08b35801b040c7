/**
 * Whether the npm that started this command still lives. npm runs a command through a shell, which
 * passes no signal on and outlives npm: whoever stops npm by its process id would otherwise leave
 * everything running behind it. Dependency-free, for Node 18.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

import { identityOf, isAlive } from './process-identity.mjs';

/** @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity */

const LOOK_MS = 500;

/**
 * Calls `gone` once when npm, or the shell between npm and this process, has ended. A command that
 * was not started by npm is not watched: it may well be meant to outlive its shell.
 * @param {() => void} gone
 * @returns {() => void} stops watching
 */
export function watchNpm(gone) {
  const watched = process.env['npm_lifecycle_event'] === undefined ? [] : npmAndShell();
  if (watched.length === 0) return () => undefined;
  const timer = setInterval(() => {
    if (watched.every(isAlive)) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * This process's parent, and the parent's own parent where the parent is npm's shell.
 * @returns {ProcessIdentity[]}
 */
function npmAndShell() {
  const shell = parentOf(process.pid);
  if (shell === undefined) return [];
  const isShell = / -c /.test(shell.command);
  const npm = isShell ? parentOf(shell.pid) : undefined;
  return [shell.pid, ...(npm === undefined ? [] : [npm.pid])].map((pid) => identityOf(pid));
}

/**
 * @param {number} pid
 * @returns {{ pid: number, command: string } | undefined} the parent and its command line
 */
function parentOf(pid) {
  const parent = Number(ask(pid, 'ppid'));
  // The first process adopts orphans and is nobody's npm.
  return parent > 1 ? { pid: parent, command: ask(parent, 'args') } : undefined;
}

/**
 * @param {number} pid
 * @param {'ppid' | 'args'} what
 */
function ask(pid, what) {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', `${what}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout;
  }
  if (what === 'args') return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^PPid:\s*(\d+)/m.exec(status)?.[1] ?? '';
}
