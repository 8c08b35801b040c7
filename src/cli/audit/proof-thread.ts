/** A thread that does proofs: batches in, the first fault of each batch out. */
import { parentPort } from 'node:worker_threads';
import type { LogFault } from '#mandate/verify-log.ts';
import type { BundleEvidence } from '#policy-tools/replay.ts';
import { firstFault } from './proof-work.ts';
import { type Proof, ProofReader } from './proofs.ts';

export type Batch = readonly { readonly at: number; readonly proofs: readonly Proof[] }[];
export type ProofOrder =
  | { readonly kind: 'learn'; readonly bundle: BundleEvidence }
  | { readonly kind: 'prove'; readonly batch: Batch };
/** One for each batch, in their order. */
export type ProofAnswer = { readonly fault: LogFault | undefined };

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');
const reader = new ProofReader();

function faultIn(batch: Batch): LogFault | undefined {
  for (const { at, proofs } of batch) {
    const fault = firstFault(reader, at, proofs);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

port.on('message', (order: ProofOrder) => {
  if (order.kind === 'learn') reader.learn(order.bundle);
  else port.postMessage({ fault: faultIn(order.batch) } satisfies ProofAnswer);
});
