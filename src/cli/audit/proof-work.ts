/** Who does the proofs of an audit: this thread, or several others (`proof-threads.ts`). */
import type { LogFault } from '#mandate/verify-log.ts';
import type { BundleEvidence } from '#policy-tools/replay.ts';
import { type Proof, ProofReader } from './proofs.ts';

export type ProofWork = {
  /** A policy that was published: decisions by it follow. */
  learn(bundle: BundleEvidence): void;
  /** Proofs of the entry in this place. Resolves when more may come. */
  prove(at: number, proofs: readonly Proof[]): Promise<void>;
  /** One that was found so far; not the first, necessarily. */
  readonly fault: LogFault | undefined;
  /** The first of all, once everything is done. */
  settled(): Promise<LogFault | undefined>;
};

export function proofsHere(): ProofWork {
  const reader = new ProofReader();
  let fault: LogFault | undefined;
  return {
    learn: (bundle) => reader.learn(bundle),
    prove(at, proofs) {
      fault ??= firstFault(reader, at, proofs);
      return Promise.resolve();
    },
    get fault() {
      return fault;
    },
    settled: () => Promise.resolve(fault),
  };
}

export function firstFault(
  reader: ProofReader,
  at: number,
  proofs: readonly Proof[],
): LogFault | undefined {
  for (const proof of proofs) {
    const reason = reader.fault(proof);
    if (reason !== undefined) return { from: at, to: at, reason };
  }
  return undefined;
}
