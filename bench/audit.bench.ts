/**
 * F-13: an audit log of 100,000 entries, read once with every hash and signature, and then tampered
 * with in `--n` ways: each must be found, and placed where the log begins to be wrong.
 */
import { attack, faultOf } from './audit/attack.ts';
import { makeLog } from './audit/log.ts';
import type { Benchmark } from './benchmark.ts';

const ENTRIES = 100_000;
const CHECKPOINT_EVERY = 1_000;
const SEED = 2026;
const VERIFY_MS_MAX = 60_000;
const TOLD_EVERY = 50;

export const benchmark: Benchmark = {
  about: `tamperings with an audit log of ${ENTRIES} entries, found by the Merkle pass`,
  rounds: { warmUp: 0, counted: 1_000 },
  async run({ counted }, tell) {
    const log = makeLog(ENTRIES, CHECKPOINT_EVERY);
    const last = log.at(-1);
    const known = last?.kind === 'checkpoint' ? [last.note] : [];
    tell(`a log of ${log.length} lines, seed ${SEED}`);
    const begin = performance.now();
    const fault = faultOf(log, known);
    const verifyMs = performance.now() - begin;
    const began = performance.now();
    const { detected, missed } = attack(log, counted, SEED, (done) => {
      if (done % TOLD_EVERY === 0) tell(`${done} of ${counted}`);
    });
    const attackMs = performance.now() - began;
    const faults = [
      ...missed,
      ...(fault === undefined ? [] : [`the untouched log: ${fault.reason}`]),
      ...(verifyMs < VERIFY_MS_MAX ? [] : [`one pass took ${verifyMs} ms`]),
    ];
    const figures = {
      entries: ENTRIES,
      tamperings: counted,
      detected,
      verify_ms: Math.round(verifyMs),
      tampering_ms: Math.round(attackMs / counted),
    };
    return { figures, samples: { verify_ms: [verifyMs] }, faults };
  },
};
