/**
 * Processor time of a synchronous piece of work, by all threads of this process: what the collector and
 * the compiler do for it counts, and what other programs do at the same time does not.
 */
const MICROSECONDS = 1_000;

export type Work<T> = { readonly value: T; readonly cpuMs: number };

export function cpuOf<T>(work: () => T): Work<T> {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, cpuMs: (user + system) / MICROSECONDS };
}
