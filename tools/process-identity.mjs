/**
 * Who a process is: its id together with the moment it was started. The id alone proves nothing,
 * because the system gives it to another process once the first has ended.
 * Dependency-free, for Node 18: the bootstrap and the launcher share it.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

/**
 * @typedef {{ pid: number, start: string }} ProcessIdentity `start` is opaque text that differs
 * between two processes that had the same pid, also across a restart of the machine.
 */

/**
 * The moment at which a living process was started, as opaque text.
 * @param {number} pid
 * @returns {string | undefined} undefined where no process with this id lives (a zombie is dead)
 */
export function processStart(pid) {
  if (process.platform === 'linux') return linuxProcessStart(pid);
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
function linuxProcessStart(pid) {
  let stat;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No such file means no such process: the question is answered.
    return undefined;
  }
  // The command's name stands in parentheses and may itself contain them (proc_pid_stat(5)):
  // the state is the first field after the last one, the start time in clock ticks the twentieth.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}:${fields[19]}`;
}

/**
 * The identity of a process that lives now, by default of this one.
 * @param {number} [pid]
 * @returns {ProcessIdentity}
 */
export function identityOf(pid = process.pid) {
  const start = processStart(pid);
  if (start === undefined) throw new Error(`there is no process ${pid}`);
  return { pid, start };
}

/**
 * Whether the very process that was recorded still lives.
 * @param {ProcessIdentity} identity
 */
export const isAlive = (identity) => processStart(identity.pid) === identity.start;
