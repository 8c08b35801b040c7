/**
 * F-06: every node dies at every moment of a ceremony, and every process in every state of a payment. The
 * cells are tests; a run plays them in a process of its own and counts them.
 */
import path from 'node:path';
import { runTests } from '#test/run-tests.ts';
import type { Findings, Setting } from './accept-run.ts';
import { playSlices } from './slices.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '..', '..');

/** Presigning, signing, and the pairs of two nodes; `npm test` plays the short forms of the others. */
const QUICK: readonly (readonly string[])[] = [
  ['signer-cluster/crash-matrix.test.ts', 'src/cluster-client/pair-crash.test.ts'],
];
/** The whole of `npm run matrix`. */
const FULL: readonly (readonly string[])[] = [
  ['signer-cluster/crash-matrix.test.ts', 'src/cluster-client/pair-crash.test.ts'],
  ['src/cluster-client/ceremony-crash.test.ts', 'src/cluster-client/crash.test.ts'],
  ['test/whole-system.test.ts', '-t', 'kill -9'],
];

/** A slice for each of them. */
export async function crashCells(setting: Setting): Promise<Findings> {
  const { profile, tell, sample } = setting;
  const files = profile === 'full' ? FULL : QUICK;
  const env = profile === 'full' ? { MATRIX: 'full' } : {};
  const { counts, breaks } = await playSlices(setting, files.length, async (slice) => {
    const args = files[slice] ?? [];
    const { failed, tests, broken, played } = await runTests(CHECKOUT, args, env);
    for (const one of played) sample('cell', one);
    tell(`${args[0]}: ${tests} tests, ${failed.length} failed`);
    const whole = broken !== undefined && failed.length === 0 ? [`${args[0]}: ${broken}`] : [];
    return { counts: { tests, failed: failed.length }, breaks: [...failed, ...whole] };
  });
  return { figures: counts, breaks };
}
