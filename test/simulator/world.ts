/**
 * The world around the platform's parts: a clock, a network that loses, doubles and reorders, and
 * processes that die. Everything happens in one order, which the seed decides.
 */
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { Random } from './random.ts';

/** How bad it is, in percent of messages and in events; drawn from the seed. */
export type Faults = {
  readonly lossPercent: number;
  readonly doublePercent: number;
  readonly delayMaxMs: number;
};

const CALM: Faults = { lossPercent: 0, doublePercent: 0, delayMaxMs: 20 };

/** A process that dies loses what it has not written down, and what it was about to do. */
export class Process {
  readonly name: string;
  isUp = true;
  /** Counts the starts: what an earlier life began is not finished by a later one. */
  life = 1;
  /** By how much its clock is wrong. */
  clockOffMs = 0;

  constructor(name: string) {
    this.name = name;
  }

  crash(): void {
    this.isUp = false;
  }

  start(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.life += 1;
  }
}

type Happening = { readonly at: number; readonly order: number; readonly act: () => void };

export class World {
  now = 0;
  happened = 0;
  readonly random: Random;
  #faults: Faults;
  #order = 0;
  /** Sorted, the next one last. */
  readonly #queue: Happening[] = [];

  constructor(random: Random, faults: Faults) {
    this.random = random;
    this.#faults = faults;
  }

  heal(): void {
    this.#faults = CALM;
  }

  after(ms: number, act: () => void): void {
    const at = this.now + ms;
    const happening = { at, order: (this.#order += 1), act };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // Of two at one moment the later one stands before: the earlier one is taken first.
      if ((this.#queue[middle] as Happening).at > at) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, happening);
  }

  /** Something that one process does later, if it lives until then. */
  later(process: Process, ms: number, act: () => void): void {
    const { life } = process;
    this.after(ms, () => {
      if (process.isUp && process.life === life) act();
    });
  }

  /** Arrives once, never, or twice, and in any order. */
  send(act: () => void): void {
    const { lossPercent, doublePercent, delayMaxMs } = this.#faults;
    if (this.random.percent(lossPercent)) return;
    this.after(this.random.between(1, delayMaxMs), act);
    if (this.random.percent(doublePercent)) this.after(this.random.between(1, delayMaxMs), act);
  }

  /**
   * One process asks another one; `told` may be called never, once or more than once.
   * A refusal is an answer; what is no refusal is a bug, and ends the simulation.
   */
  ask<Answer>(
    asker: Process,
    answerer: Process,
    act: () => Answer,
    told: (answer: Answer | PlatformError) => void,
  ): void {
    const { life } = asker;
    this.send(() => {
      if (!answerer.isUp) return;
      const answer = answerOf(act);
      this.send(() => {
        if (asker.isUp && asker.life === life) told(answer);
      });
    });
  }

  /** The next thing that happens. @returns whether there was one up to that time */
  step(until: number): boolean {
    const next = this.#queue.at(-1);
    if (next === undefined || next.at > until) return false;
    this.#queue.pop();
    this.now = next.at;
    this.happened += 1;
    next.act();
    return true;
  }
}

function answerOf<Answer>(act: () => Answer): Answer | PlatformError {
  try {
    return act();
  } catch (error) {
    if (isPlatformError(error)) return error;
    throw error;
  }
}

export const isRefusal = (answer: unknown): answer is PlatformError =>
  answer instanceof PlatformError;
