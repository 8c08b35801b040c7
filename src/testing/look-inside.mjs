/**
 * Loaded into a signer node before its program, where a test or a soak wants to see what the process
 * holds: it answers over the channel that such a parent opens, and nobody else has one.
 *
 * `held` collects garbage first. `snapshot` writes V8's heap to a file. `plant` keeps a secret as the
 * program would if it leaked one: what a search must find.
 */
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collect = runInNewContext('gc');

const MEGABYTE = 2 ** 20;

function held() {
  // The second pass takes what finalizers of the first have let go.
  collect();
  collect();
  const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage();
  /** @type {Record<string, number>} */
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) {
    resources[name] = (resources[name] ?? 0) + 1;
  }
  return {
    heapMb: heapUsed / MEGABYTE,
    externalMb: (external + arrayBuffers) / MEGABYTE,
    rssMb: rss / MEGABYTE,
    descriptors: readdirSync('/dev/fd').length,
    resources,
  };
}

/** @type {unknown[]} */
const planted = [];

/** @param {string} digits a secret of 32 bytes in hex */
function plant(digits) {
  planted.push(BigInt(`0x${digits}`), new Uint8Array(Buffer.from(digits, 'hex')), [digits].join());
  return planted.length;
}

/** @type {Record<string, (argument: string) => unknown>} */
const ANSWERS = { held, snapshot: (path) => writeHeapSnapshot(path), plant };

process.on('message', (/** @type {{ ask: string, argument: string }} */ { ask, argument }) => {
  process.send?.({ ask, answer: ANSWERS[ask]?.(argument) });
});
// The channel alone keeps no process alive.
process.channel?.unref();
