/**
 * The worker threads of a node. Each task is computed in one of them, from its first step to its last;
 * its sessions, its disk and its verdicts stay with the node's own thread. A thread that dies, or computes at
 * one step for too long, takes its tasks with it, and the next task starts another one in its place.
 */
import { Worker } from 'node:worker_threads';
import { type Incoming, ProtocolAbort } from '#signing/kernel.ts';
import { StartRefused } from './sealing.ts';
import type { Perform, Running, Step, TaskName, Tasks } from './tasks.ts';
import { THREAD_FILE } from './thread-file.ts';
import { type Due, Patience } from './patience.ts';
import { type Answer, type Begin, type Order, send } from './thread-messages.ts';

export type Threads = {
  readonly perform: Perform;
  /** Tasks that have begun and are not over. */
  readonly running: number;
  /** What runs ends with a `benign` abort, and what is asked later too. */
  stop(): Promise<void>;
};

export type ThreadsParts = {
  /** At least 1. */
  readonly count: number;
  /** A thread died that nobody stopped, or was given up. */
  readonly onLost: (reason: Error) => void;
  /** Another way only where a test looks at the thread. */
  readonly start?: () => Worker;
  /** Calls back after so many milliseconds, unless it is called off. */
  readonly due?: Due;
};

/** The longest step, base OT with eight peers, takes a second; the rest is for a machine that is busy. */
export const STEP_MS_MAX = 30_000;

const startWorker = (): Worker => new Worker(THREAD_FILE);

const dueAfter: Due = (ms, then) => {
  const timer = setTimeout(then, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Nobody's fault: what the thread found out is lost, and nothing of it has left the node. */
const lost = (): ProtocolAbort => new ProtocolAbort('benign', 'THREAD_LOST');
const hung = (): ProtocolAbort => new ProtocolAbort('benign', 'THREAD_HUNG');

/** @throws StartRefused when a thread does not come up */
export async function openThreads({
  count,
  onLost,
  start = startWorker,
  due = dueAfter,
}: ThreadsParts): Promise<Threads> {
  let isStopped = false;
  let tasks = 0;
  const open = (): Thread =>
    new Thread(start(), due, (thread, reason) => {
      threads = threads.filter((one) => one !== thread);
      if (!isStopped) onLost(reason);
    });
  let threads: readonly Thread[] = [];
  threads = Array.from({ length: count }, open);
  try {
    await Promise.all(threads.map((thread) => thread.ready));
  } catch (error) {
    await stop();
    throw error;
  }

  async function stop(): Promise<void> {
    isStopped = true;
    await Promise.all(threads.map((thread) => thread.stop()));
  }

  /** The one with the fewest tasks; a new one where one has died. */
  function leastBusy(): Thread {
    if (!isStopped && threads.length < count) threads = [...threads, open()];
    const [first, ...others] = threads;
    if (first === undefined) throw lost();
    return others.reduce((least, one) => (one.load < least.load ? one : least), first);
  }

  return {
    get running() {
      return threads.reduce((sum, thread) => sum + thread.running, 0);
    },
    perform: (name, taken) => inThread(leastBusy, (tasks += 1), name, taken),
    stop,
  };
}

function inThread<N extends TaskName>(
  choose: () => Thread,
  id: number,
  name: N,
  taken: Tasks[N]['takes'],
): Running<Tasks[N]['makes']> {
  let thread: Thread | undefined;
  return {
    async next(incoming?: Incoming) {
      if (incoming === undefined) {
        thread = choose();
        return thread.begin({ type: 'begin', id, name, taken });
      }
      if (thread === undefined) throw new Error('a task begins without messages');
      return thread.goOn(id, incoming) as Promise<Step<Tasks[N]['makes']>>;
    },
    end: () => thread?.end(id),
  };
}

/** One thread, as long as it lives and answers. */
class Thread {
  /** Rejects with StartRefused where it dies before. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  /** Every task that is not over, and who waits for its answer. */
  readonly #tasks = new Map<number, PromiseWithResolvers<Step<unknown>>>();
  /** For its answers, also to what nobody waits for any more; the first one says that it is ready. */
  readonly #patience: Patience;
  readonly #over: (abort: ProtocolAbort, reason: Error) => void;
  #isLost = false;

  constructor(worker: Worker, due: Due, onLost: (thread: Thread, reason: Error) => void) {
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    // A thread that takes a dead one's place has nobody who waits for it to be ready.
    promise.catch(() => undefined);
    this.#over = (abort, reason) => {
      if (this.#isLost) return;
      this.#isLost = true;
      this.#patience.end();
      reject(new StartRefused(`a worker thread does not start: ${reason.message}`));
      for (const { reject: end } of this.#tasks.values()) end(abort);
      this.#tasks.clear();
      onLost(this, reason);
    };
    this.#patience = new Patience(STEP_MS_MAX, due, () => this.#giveUp());
    this.#patience.ask();
    let reason = new Error('it ended');
    worker.on('message', (answer: Answer) => {
      this.#patience.hear();
      if (answer.type !== 'ready') return this.#take(answer);
      // Only the node's own work keeps the process running.
      worker.unref();
      resolve();
    });
    worker.on('error', (error: Error) => (reason = error));
    worker.on('exit', () => this.#over(lost(), reason));
  }

  get running(): number {
    return this.#tasks.size;
  }

  /** What stands before a new task here. */
  get load(): number {
    return this.#tasks.size + this.#patience.awaited;
  }

  begin<N extends TaskName>(order: Begin<N>): Promise<Step<Tasks[N]['makes']>> {
    return this.#ask(order) as Promise<Step<Tasks[N]['makes']>>;
  }

  goOn(id: number, incoming: Incoming): Promise<Step<unknown>> {
    if (!this.#tasks.has(id)) throw lost();
    return this.#ask({ type: 'goOn', id, incoming });
  }

  end(id: number): void {
    if (!this.#tasks.delete(id)) return;
    send(this.#worker, { type: 'end', id });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Its tasks end at once: a thread that is stuck outside of JavaScript may not end for long. */
  #giveUp(): void {
    this.#over(hung(), new Error(`no answer for ${STEP_MS_MAX} ms`));
    void this.stop();
  }

  #ask(order: Exclude<Order, { type: 'end' }>): Promise<Step<unknown>> {
    if (this.#isLost) throw lost();
    const asked = Promise.withResolvers<Step<unknown>>();
    this.#tasks.set(order.id, asked);
    this.#patience.ask();
    send(this.#worker, order);
    return asked.promise;
  }

  #take(answer: Exclude<Answer, { type: 'ready' }>): void {
    const asked = this.#tasks.get(answer.id);
    if (answer.type !== 'step' || answer.step.done === true) this.#tasks.delete(answer.id);
    if (answer.type === 'step') asked?.resolve(answer.step);
    else if (answer.type === 'failure') asked?.reject(answer.error);
    else asked?.reject(new ProtocolAbort(answer.kind, answer.check, answer.culprits));
  }
}
