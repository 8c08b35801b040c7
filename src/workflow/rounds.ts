/**
 * Work that one run does for all who asked before it began: whoever asks while it runs shares the next
 * run, because the present one may have looked already.
 */
export class Rounds<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  /** The result of a run that begins after this call. */
  join(): Promise<T> {
    if (this.#running === undefined) return this.#run();
    this.#next ??= settled(this.#running).then(() => {
      this.#next = undefined;
      return this.#run();
    });
    return this.#next;
  }

  #run(): Promise<T> {
    const run = this.#work();
    this.#running = run;
    void this.#forget(run);
    return run;
  }

  async #forget(run: Promise<T>): Promise<void> {
    await settled(run);
    if (this.#running === run && this.#next === undefined) this.#running = undefined;
  }
}

const settled = (promise: Promise<unknown>): Promise<void> =>
  promise.then(
    () => undefined,
    () => undefined,
  );
