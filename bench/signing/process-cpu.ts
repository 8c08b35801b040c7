/** What processes have computed so far, by all of their threads and by the first of each. Linux tells. */
import { existsSync, readFileSync } from 'node:fs';

/** Milliseconds, added up over the processes. */
export type ProcessCpu = { readonly allMs: number; readonly firstThreadMs: number };

/** USER_HZ, in which Linux counts for programs on every machine, is 100. */
const TICK_MS = 10;
/** Of the fields after the program's name: what ran in the program and in the kernel (proc(5)). */
const [USER, SYSTEM] = [11, 12];

function ticks(path: string): number {
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[USER]) + Number(fields[SYSTEM]);
}

/** Undefined where the system does not tell. */
export function processCpuOf(pids: readonly number[]): ProcessCpu | undefined {
  if (!existsSync('/proc/self/stat')) return undefined;
  const sumOf = (pathOf: (pid: number) => string): number =>
    TICK_MS * pids.reduce((sum, pid) => sum + ticks(pathOf(pid)), 0);
  return {
    allMs: sumOf((pid) => `/proc/${pid}/stat`),
    firstThreadMs: sumOf((pid) => `/proc/${pid}/task/${pid}/stat`),
  };
}
