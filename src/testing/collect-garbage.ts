/**
 * Gives back at once what nothing refers to any more. A chain of litesvm holds 4 GB of address space
 * until it is collected; with a dozen of them a process can start no other, because the kernel must be
 * able to promise the same to its child.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // What belongs to native objects is given back in a turn of its own.
  await setImmediate();
  collect();
}
