/** Work that may run side by side, up to a number; the rest waits in order. */

export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#free > 0) {
      this.#free -= 1;
      resolve();
    } else this.#waiting.push(resolve);
    return promise;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
