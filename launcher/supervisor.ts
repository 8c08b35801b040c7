/**
 * Keeps a set of child processes running: a child that dies is started again after a pause that
 * grows, and at the end all are stopped, the ones started last first.
 */
import { type ProcessIdentity } from '#tools/process-identity.mjs';

import { type Child, type ChildExit, type ChildPlan, describeExit, startChild } from './child.ts';
import { LaunchError } from './launch-error.ts';

export type Supervised = {
  readonly name: string;
  /** Children of a higher stage are stopped first; those of one stage together. */
  readonly stage: number;
  /** Asked before each start, so that a restart can look at the world again. */
  readonly plan: () => ChildPlan | Promise<ChildPlan>;
};

export type SupervisorEvent =
  | { readonly kind: 'ready'; readonly name: string; readonly again: boolean }
  | { readonly kind: 'died'; readonly name: string; readonly exit: ChildExit }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string }
  | { readonly kind: 'waiting'; readonly name: string; readonly delayMs: number };

export type Supervisor = {
  /** Starts a child for the first time. @throws LaunchError when it does not become ready */
  readonly start: (supervised: Supervised) => Promise<Child>;
  /** The living processes by name. */
  readonly identities: () => { readonly [name: string]: ProcessIdentity };
  /** Sends a signal and resolves when that process is gone. */
  readonly kill: (name: string, signal?: NodeJS.Signals) => Promise<void>;
  /** Whether a child that dies is started again; true at first. */
  readonly setRestart: (name: string, enabled: boolean) => void;
  /** Resolves with the running child, which is started at once where it is down. */
  readonly ensureRunning: (name: string) => Promise<Child>;
  /** Orderly stop of one child, which then stays down until `ensureRunning`. */
  readonly halt: (name: string) => Promise<void>;
  /** Orderly stop of everything; a start under way is given up. */
  readonly stop: () => Promise<void>;
  /** Kills everything at once. */
  readonly force: () => void;
};

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** A child that has lived this long starts again with the first delay. */
const STABLE_MS = 30_000;

/** One child: its process while it runs, and its next start while it does not. */
class Entry {
  readonly supervised: Supervised;
  readonly #stopping: AbortSignal;
  readonly #onEvent: (event: SupervisorEvent) => void;
  #restart = true;
  #halted = false;
  #served = false;
  #starting: Promise<Child> | undefined;
  #delayMs = FIRST_DELAY_MS;
  #pause: NodeJS.Timeout | undefined;
  /** The living process. */
  child: Child | undefined;

  constructor(
    supervised: Supervised,
    stopping: AbortSignal,
    onEvent: (event: SupervisorEvent) => void,
  ) {
    this.supervised = supervised;
    this.#stopping = stopping;
    this.#onEvent = onEvent;
  }

  /** A start under way. */
  get starting(): Promise<Child> | undefined {
    return this.#starting;
  }

  /** Starts the process, or joins the start that is under way. */
  launch(): Promise<Child> {
    this.cancelRestart();
    this.#starting ??= this.#launchOnce().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  wanted(): void {
    this.#halted = false;
  }

  setRestart(enabled: boolean): void {
    this.#restart = enabled;
    if (!enabled) this.cancelRestart();
  }

  cancelRestart(): void {
    clearTimeout(this.#pause);
  }

  async halt(): Promise<void> {
    this.#halted = true;
    this.cancelRestart();
    await this.child?.stop();
  }

  async #launchOnce(): Promise<Child> {
    const { name } = this.supervised;
    const plan = await this.supervised.plan();
    const child = await startChild(plan, this.#stopping);
    this.child = child;
    this.#onEvent({ kind: 'ready', name, again: this.#served });
    this.#served = true;
    void this.#restartAfter(child, performance.now());
    return child;
  }

  async #restartAfter(child: Child, bornAt: number): Promise<void> {
    const exit = await child.exited;
    this.child = undefined;
    if (this.#stopping.aborted) return;
    if (performance.now() - bornAt > STABLE_MS) this.#delayMs = FIRST_DELAY_MS;
    this.#onEvent({ kind: 'died', name: this.supervised.name, exit });
    this.#restartLater();
  }

  #restartLater(): void {
    if (!this.#restart || this.#halted || this.#stopping.aborted) return;
    const { name } = this.supervised;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    this.#onEvent({ kind: 'waiting', name, delayMs });
    this.#pause = setTimeout(() => {
      this.launch().catch((error: Error) => {
        if (this.#stopping.aborted) return;
        this.#onEvent({ kind: 'failed', name, reason: error.message });
        this.#restartLater();
      });
    }, delayMs);
  }
}

export function createSupervisor(onEvent: (event: SupervisorEvent) => void): Supervisor {
  const entries = new Map<string, Entry>();
  const stopping = new AbortController();

  const entryOf = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new LaunchError(`there is no child named ${name}`);
    return entry;
  };

  return {
    async start(supervised) {
      if (stopping.signal.aborted) throw new LaunchError('the platform is being stopped');
      const entry = new Entry(supervised, stopping.signal, onEvent);
      entries.set(supervised.name, entry);
      try {
        return await entry.launch();
      } catch (error) {
        entries.delete(supervised.name);
        throw error;
      }
    },
    identities: () => {
      const living = [...entries.values()].flatMap(({ supervised, child }) =>
        child === undefined ? [] : [[supervised.name, child.identity] as const],
      );
      return Object.fromEntries(living);
    },
    async kill(name, signal = 'SIGKILL') {
      const { child } = entryOf(name);
      child?.signal(signal);
      await child?.exited;
    },
    setRestart: (name, enabled) => entryOf(name).setRestart(enabled),
    async ensureRunning(name) {
      const entry = entryOf(name);
      entry.wanted();
      return entry.child ?? entry.launch();
    },
    halt: (name) => entryOf(name).halt(),
    async stop() {
      stopping.abort();
      await stopAll([...entries.values()]);
    },
    force() {
      stopping.abort();
      for (const { child } of entries.values()) child?.kill();
    },
  };
}

/** The highest stage first; those of one stage together. */
async function stopAll(entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) entry.cancelRestart();
  await Promise.allSettled(entries.flatMap((entry) => entry.starting ?? []));
  const stages = new Set(entries.map(({ supervised }) => supervised.stage));
  for (const stage of [...stages].toSorted((a, b) => b - a)) {
    const members = entries.filter((entry) => entry.supervised.stage === stage);
    await Promise.all(members.flatMap(({ child }) => child?.stop() ?? []));
  }
}

/** What a person reads about an event; undefined where it is not worth a line. */
export function describeEvent(event: SupervisorEvent): string | undefined {
  switch (event.kind) {
    case 'ready':
      return event.again ? `${event.name} runs again` : undefined;
    case 'died':
      return `${event.name} ended (${describeExit(event.exit)})`;
    case 'failed':
      return `${event.name} could not be started again: ${event.reason}`;
    case 'waiting':
      return `${event.name} starts again in ${event.delayMs} ms`;
    default:
      return event satisfies never;
  }
}
