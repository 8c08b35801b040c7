/**
 * The order in which the checks of worker threads count. They run at the same time and end in any
 * order; but as long as a peer's earlier message is undecided, nothing may tell how its later one
 * fared, or a peer that probes a secret bit by bit would learn of more than its first failure.
 */

/** What follows from an outcome, which it takes or which throws: all in one piece. */
export type Decide<T> = (outcome: () => T) => T;

export class Turnstile {
  /** The last of each lane, settled when it was decided on. */
  readonly #last = new Map<string, Promise<void>>();

  /** How many lanes have somebody who waits. */
  get busy(): number {
    return this.#last.size;
  }

  /**
   * Decides on `found` once it is there and whoever came before it in any of the lanes was decided on.
   * @throws what `decide` throws
   */
  pass<T>(lanes: readonly string[], found: Promise<T>, decide: Decide<T>): Promise<T> {
    const before = lanes.flatMap((lane) => this.#last.get(lane) ?? []);
    const decided = Promise.allSettled([found, ...before]).then(([own]) =>
      decide(() => {
        if (own.status === 'rejected') throw own.reason;
        return own.value;
      }),
    );
    const over: Promise<void> = decided.then(
      () => this.#leave(lanes, over),
      () => this.#leave(lanes, over),
    );
    for (const lane of lanes) this.#last.set(lane, over);
    return decided;
  }

  #leave(lanes: readonly string[], over: Promise<void>): void {
    for (const lane of lanes) if (this.#last.get(lane) === over) this.#last.delete(lane);
  }
}
