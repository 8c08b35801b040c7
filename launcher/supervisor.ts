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

type Entry = {
  readonly supervised: Supervised;
  restart: boolean;
  halted: boolean;
  served: boolean;
  child: Child | undefined;
  starting: Promise<Child> | undefined;
  delayMs: number;
  pause: NodeJS.Timeout | undefined;
};

export function createSupervisor(onEvent: (event: SupervisorEvent) => void): Supervisor {
  const entries = new Map<string, Entry>();
  const stopping = new AbortController();

  const entryOf = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new LaunchError(`there is no child named ${name}`);
    return entry;
  };

  /** Starts the entry's process, or joins the start that is under way. */
  const launch = (entry: Entry): Promise<Child> => {
    clearTimeout(entry.pause);
    entry.starting ??= launchOnce(entry).finally(() => {
      entry.starting = undefined;
    });
    return entry.starting;
  };

  const launchOnce = async (entry: Entry): Promise<Child> => {
    const { name } = entry.supervised;
    const plan = await entry.supervised.plan();
    const child = await startChild(plan, stopping.signal);
    entry.child = child;
    onEvent({ kind: 'ready', name, again: entry.served });
    entry.served = true;
    const bornAt = performance.now();
    void restartAfter(entry, child, bornAt);
    return child;
  };

  const restartAfter = async (entry: Entry, child: Child, bornAt: number): Promise<void> => {
    const exit = await child.exited;
    entry.child = undefined;
    if (stopping.signal.aborted) return;
    if (performance.now() - bornAt > STABLE_MS) entry.delayMs = FIRST_DELAY_MS;
    onEvent({ kind: 'died', name: entry.supervised.name, exit });
    restartLater(entry);
  };

  const restartLater = (entry: Entry): void => {
    if (!entry.restart || entry.halted || stopping.signal.aborted) return;
    const { name } = entry.supervised;
    const { delayMs } = entry;
    entry.delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    onEvent({ kind: 'waiting', name, delayMs });
    entry.pause = setTimeout(() => {
      launch(entry).catch((error: Error) => {
        if (stopping.signal.aborted) return;
        onEvent({ kind: 'failed', name, reason: error.message });
        restartLater(entry);
      });
    }, delayMs);
  };

  return {
    async start(supervised) {
      if (stopping.signal.aborted) throw new LaunchError('the platform is being stopped');
      const entry: Entry = {
        supervised,
        restart: true,
        halted: false,
        served: false,
        child: undefined,
        starting: undefined,
        delayMs: FIRST_DELAY_MS,
        pause: undefined,
      };
      entries.set(supervised.name, entry);
      try {
        return await launch(entry);
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
    setRestart(name, enabled) {
      const entry = entryOf(name);
      entry.restart = enabled;
      if (!enabled) clearTimeout(entry.pause);
    },
    async ensureRunning(name) {
      const entry = entryOf(name);
      entry.halted = false;
      return entry.child ?? launch(entry);
    },
    async halt(name) {
      const entry = entryOf(name);
      entry.halted = true;
      clearTimeout(entry.pause);
      await entry.child?.stop();
    },
    async stop() {
      stopping.abort();
      for (const entry of entries.values()) clearTimeout(entry.pause);
      const starting = [...entries.values()].flatMap((entry) => entry.starting ?? []);
      await Promise.allSettled(starting);
      const stages = new Set([...entries.values()].map(({ supervised }) => supervised.stage));
      for (const stage of [...stages].toSorted((a, b) => b - a)) {
        const members = [...entries.values()].filter((entry) => entry.supervised.stage === stage);
        await Promise.all(members.flatMap(({ child }) => child?.stop() ?? []));
      }
    },
    force() {
      stopping.abort();
      for (const { child } of entries.values()) child?.kill();
    },
  };
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
