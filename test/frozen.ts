/** A process that is stopped in the middle of what it does (SIGSTOP), until it is thawed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export type Frozen = {
  /** May be called again. */
  thaw(): Promise<void>;
};

const LOOK_AGAIN_MS = 5;

/** The letter of its state: T is a process that a signal has stopped. */
function stateOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it stands in brackets and may hold anything.
    return stat[stat.lastIndexOf(')') + 2];
  }
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', `${pid}`], { encoding: 'utf8' });
  return stdout.trim()[0];
}

/**
 * Resolves when the process does nothing any more. It goes on when it is thawed, or when this process
 * ends in whatever way: a shell waits on a pipe from here, because a frozen process cannot notice
 * that its parent is gone.
 */
export async function freeze(pid: number): Promise<Frozen> {
  const script = 'read -r farewell; kill -s CONT "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'thaw', `${pid}`], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(guard, 'exit');
  process.kill(pid, 'SIGSTOP');
  while (stateOf(pid) !== 'T') await pause(LOOK_AGAIN_MS);
  return {
    async thaw() {
      if (!guard.stdin.writableEnded) guard.stdin.end('now\n');
      await ended;
    },
  };
}
