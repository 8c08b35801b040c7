/**
 * Processes that a start before this one left running, because it was killed. Only what can be
 * proved to be one of them is stopped: by process id and start time, or, for a Postgres that
 * escaped the record, by its own pid file together with its command line.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  identityOf,
  isAlive,
  type ProcessIdentity,
  processStart,
} from '#tools/process-identity.mjs';

import { type LaunchRecord } from './data-dir.ts';
import { LaunchError } from './launch-error.ts';
import { postmasterFile } from './postgres.ts';

export type Leftover = { readonly name: string; readonly identity: ProcessIdentity };

const ORDERLY_MS = 15_000;
const IMMEDIATE_MS = 5_000;
const FORCED_MS = 5_000;
const POLL_MS = 20;

/** Everything of the previous start, and the server of the database folder, that still lives. */
export function findLeftovers(
  previous: LaunchRecord | undefined,
  postgresDataDir: string,
): readonly Leftover[] {
  const recorded = Object.entries(previous?.children ?? {})
    .map(([name, identity]) => ({ name, identity }))
    .filter(({ identity }) => isAlive(identity));
  const server = postmasterOf(postgresDataDir);
  if (server === undefined || recorded.some(({ identity }) => identity.pid === server.pid)) {
    return recorded;
  }
  return [...recorded, { name: 'postgres', identity: server }];
}

/** The living process that serves this very folder. */
function postmasterOf(dataDir: string): ProcessIdentity | undefined {
  const pid = Number(postmasterFile(dataDir)?.[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  // Where there is no /proc nothing is proved, and Postgres's own check of its pid file decides.
  const commandLine = `/proc/${pid}/cmdline`;
  if (!fs.existsSync(commandLine)) return undefined;
  const words = fs.readFileSync(commandLine, 'utf8').split('\0');
  const serves = words[0]?.endsWith('postgres') === true && words.includes(dataDir);
  return serves ? identityOf(pid) : undefined;
}

/**
 * Clears what a killed server left in its folder, so that the next one starts: the sessions that do
 * not know yet that it is gone, and its pid file, where that process id now belongs to a program
 * that is no Postgres of this folder. Postgres would take that one for its predecessor.
 */
export async function clearKilledServer(dataDir: string): Promise<void> {
  // Where there is no /proc nothing is proved, and Postgres's own checks decide.
  if (!fs.existsSync('/proc/self') || postmasterOf(dataDir) !== undefined) return;
  // The immediate shutdown, as the server itself orders it when one of its processes has crashed.
  const sessions = orphanedSessions(dataDir);
  await Promise.all(sessions.map((each) => stopLeftover(each, IMMEDIATE_MS, 'SIGQUIT')));
  const end = performance.now() + FORCED_MS;
  while (memoryIsAttached(dataDir) && performance.now() < end) await delay(POLL_MS);
  fs.rmSync(`${dataDir}/postmaster.pid`, { force: true });
}

/**
 * Whether the shared memory of this folder's last server is attached to anything. The kernel may let go of it a
 * moment after the last process of the server is gone; until then no other server starts.
 */
export function memoryIsAttached(dataDir: string): boolean {
  // The seventh line of the pid file has the segment's key and id; see proc_sysvipc(5) for the columns.
  const id = postmasterFile(dataDir)?.[6]?.trim().split(/\s+/)[1];
  if (id === undefined || !fs.existsSync('/proc/sysvipc/shm')) return false;
  const segments = fs.readFileSync('/proc/sysvipc/shm', 'utf8').split('\n');
  const columns = segments.map((segment) => segment.trim().split(/\s+/));
  return columns.some(([, shmid, , , , , attached]) => shmid === id && attached !== '0');
}

/**
 * Sessions look for their server when they wait; one that computes goes on for as long as its
 * query takes, and holds the shared memory without which no other server starts. Each works in the
 * data folder itself.
 */
function orphanedSessions(dataDir: string): readonly Leftover[] {
  const folder = fs.realpathSync(dataDir);
  return fs.readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    const start = Number.isInteger(pid) ? processStart(pid) : undefined;
    if (start === undefined || !isSessionIn(pid, folder)) return [];
    return [{ name: 'a session of postgres', identity: { pid, start } }];
  });
}

function isSessionIn(pid: number, folder: string): boolean {
  try {
    if (fs.readlinkSync(`/proc/${pid}/cwd`) !== folder) return false;
    const [program = ''] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // One that was forked a moment ago still has the name of its server; one that is about to be gone has
    // none any more, and the memory still.
    const isServer = program === '' || path.basename(program) === 'postgres';
    return isServer || program.startsWith('postgres: ');
  } catch {
    // It has ended since, or it is another user's: none of ours.
    return false;
  }
}

/**
 * Stops a leftover, by force when it does not follow, and waits until it is gone.
 * @throws LaunchError where it cannot be stopped
 */
export async function stopLeftover(
  { name, identity }: Leftover,
  orderlyMs = ORDERLY_MS,
  // Postgres's "fast" shutdown, and an orderly stop for all the others.
  orderly: NodeJS.Signals = 'SIGINT',
): Promise<void> {
  for (const [signal, limitMs] of [
    [orderly, orderlyMs] as const,
    ['SIGKILL', FORCED_MS] as const,
  ]) {
    if (!isAlive(identity)) return;
    try {
      process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    const end = performance.now() + limitMs;
    while (isAlive(identity) && performance.now() < end) await delay(POLL_MS);
  }
  if (isAlive(identity)) {
    throw new LaunchError(
      `${name} (process ${identity.pid}) of an earlier start cannot be stopped`,
    );
  }
}
