/**
 * Asks the optional solver, in a thread that may hang or die without harm: whatever goes wrong is a
 * reason not to know, never an answer.
 */
import { Worker } from 'node:worker_threads';
import type { SolverLimit, SolverReply, SolverRequest } from './solver-worker.ts';

export type SolverText =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Beyond the solver's own limit the thread is given up. */
const GRACE_MS = 5_000;
/** A busy machine needs a while to load the solver. */
const START_MS = 30_000;

export class Solver {
  readonly #start: () => Worker;
  #worker: Promise<Worker | string> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #asked = 0;

  constructor(start: () => Worker = startWorker) {
    this.#start = start;
  }

  /**
   * One question; a thread that dies over it is replaced, and asked once more. Questions wait for each
   * other, so that no answer is taken for that of another one.
   */
  ask(text: string, limit: SolverLimit): Promise<SolverText> {
    const answer = this.#turn.then(() => this.#askTwice(text, limit));
    this.#turn = answer;
    return answer;
  }

  async #askTwice(text: string, limit: SolverLimit): Promise<SolverText> {
    const first = await this.#askOnce(text, limit);
    if (first.kind === 'answer' || first.isFinal) return first;
    return this.#askOnce(text, limit);
  }

  async close(): Promise<void> {
    const worker = await this.#worker;
    this.#worker = undefined;
    if (worker instanceof Worker) await worker.terminate();
  }

  async #askOnce(text: string, limit: SolverLimit): Promise<SolverText & { isFinal?: boolean }> {
    const isTimed = 'timeoutMs' in limit;
    this.#worker ??= ready(this.#start(), isTimed ? START_MS : undefined);
    const worker = await this.#worker;
    if (typeof worker === 'string') return { kind: 'failed', reason: worker, isFinal: true };
    this.#asked += 1;
    const request: SolverRequest = { id: this.#asked, text, limit };
    const reply = nextReply(worker, isTimed ? limit.timeoutMs + GRACE_MS : undefined);
    worker.postMessage(request, []);
    const answer = await reply;
    if (answer.kind === 'answer' && answer.id === request.id) {
      return { kind: 'answer', text: answer.text };
    }
    await this.close();
    const reason = answer.kind === 'absent' ? answer.reason : 'the solver answered out of turn';
    return { kind: 'failed', reason };
  }
}

const startWorker = (): Worker => new Worker(new URL('./solver-worker.ts', import.meta.url));

/** The thread once it has loaded the solver, or why it has not. */
async function ready(worker: Worker, limitMs: number | undefined): Promise<Worker | string> {
  // Whoever waits hears of it through `nextReply`; between questions nobody needs to know.
  worker.on('error', () => undefined);
  const reply = await nextReply(worker, limitMs);
  if (reply.kind === 'ready') return worker;
  await worker.terminate();
  return reply.kind === 'absent'
    ? `there is no solver: ${reply.reason}`
    : 'the solver did not start';
}

/** What the thread says next; that it ended, or said nothing in time, is an `absent`, too. */
function nextReply(worker: Worker, limitMs: number | undefined): Promise<SolverReply> {
  return new Promise((resolve) => {
    const settle = (reply: SolverReply): void => {
      clearTimeout(timer);
      worker.off('message', settle).off('error', onError).off('exit', onExit);
      resolve(reply);
    };
    const onError = (error: Error): void => settle({ kind: 'absent', reason: error.message });
    const onExit = (): void => settle({ kind: 'absent', reason: 'the solver ended' });
    const isLate = (): void => settle({ kind: 'absent', reason: 'the solver ran out of time' });
    const timer = limitMs === undefined ? undefined : setTimeout(isLate, limitMs);
    worker.on('message', settle).on('error', onError).on('exit', onExit);
  });
}
