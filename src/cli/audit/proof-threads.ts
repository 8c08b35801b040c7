/**
 * Proofs on several threads. Batches go round in turn; a reader who is faster than the threads waits, so
 * that a log of any length takes bounded memory.
 */
import { Worker } from 'node:worker_threads';
import type { LogFault } from '#mandate/verify-log.ts';
import type { Batch, ProofAnswer, ProofOrder } from './proof-thread.ts';
import type { ProofWork } from './proof-work.ts';

/** Entries that cross to a thread at once: a message costs as much as a few proofs. */
const BATCH = 64;
/** Batches that a thread may have before it. */
const AHEAD_MAX = 4;

export type ProofThreads = ProofWork & { close(): Promise<void> };

export function proofThreads(count: number): ProofThreads {
  const threads = Array.from({ length: count }, () => new ProofThread());
  let batch: Batch[number][] = [];
  let turn = 0;
  const faults: LogFault[] = [];
  const first = () => faults.toSorted((left, right) => left.from - right.from)[0];

  async function send(): Promise<void> {
    const thread = threads[turn % count] as ProofThread;
    turn += 1;
    const full = batch;
    batch = [];
    await thread.prove(full, (fault) => faults.push(fault));
  }

  return {
    learn(bundle) {
      for (const thread of threads) thread.order({ kind: 'learn', bundle });
    },
    async prove(at, proofs) {
      batch.push({ at, proofs });
      if (batch.length === BATCH) await send();
    },
    get fault() {
      return first();
    },
    async settled() {
      if (batch.length > 0) await send();
      await Promise.all(threads.map((thread) => thread.idle()));
      return first();
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

type Waiting = {
  readonly onFault: (fault: LogFault) => void;
  readonly done: () => void;
};

/** Answers come in the order of their batches. */
class ProofThread {
  readonly #worker = new Worker(new URL('./proof-thread.ts', import.meta.url));
  readonly #waiting: Waiting[] = [];
  readonly #died: Promise<never>;
  #last: Promise<void> = Promise.resolve();

  constructor() {
    this.#died = new Promise((_, reject) => {
      this.#worker.on('error', reject);
      this.#worker.on('exit', () => reject(new Error('a thread of the check ended')));
    });
    // Whoever waits for an answer hears of it; nobody may be waiting.
    this.#died.catch(() => undefined);
    this.#worker.on('message', ({ fault }: ProofAnswer) => {
      const { onFault, done } = this.#waiting.shift() as Waiting;
      if (fault !== undefined) onFault(fault);
      done();
    });
  }

  order(order: ProofOrder): void {
    this.#worker.postMessage(order, []);
  }

  /** Resolves when another batch may come. @throws what the thread died of */
  async prove(batch: Batch, onFault: (fault: LogFault) => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ onFault, done: resolve });
    this.order({ kind: 'prove', batch });
    const before = this.#last;
    this.#last = promise;
    if (this.#waiting.length > AHEAD_MAX) await Promise.race([before, this.#died]);
  }

  async idle(): Promise<void> {
    await Promise.race([this.#last, this.#died]);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
