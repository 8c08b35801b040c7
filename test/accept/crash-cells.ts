/**
 * F-06: every node dies at every moment of a ceremony, and every process in every state of a payment. The
 * cells are tests; a run plays them in a process of its own and counts them.
 */
import path from 'node:path';
import { runTests } from '#test/run-tests.ts';
import type { Findings, Setting } from './accept-run.ts';

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

export async function crashCells({ profile, tell }: Setting): Promise<Findings> {
  const breaks: string[] = [];
  let cells = 0;
  const env = profile === 'full' ? { MATRIX: 'full' } : {};
  for (const args of profile === 'full' ? FULL : QUICK) {
    const { failed, tests, broken } = await runTests(CHECKOUT, args, env);
    cells += tests;
    breaks.push(...failed);
    if (broken !== undefined && failed.length === 0) breaks.push(`${args[0]}: ${broken}`);
    tell(`${args[0]}: ${tests} tests, ${failed.length} failed`);
  }
  return { figures: { tests: cells, failed: breaks.length }, breaks };
}
