/** Numbers from a seed (xorshift, 32 bits): a whole life of the platform is drawn from one. */

export class Random {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    // Neighbouring seeds must not begin alike, and a state of zero would stay zero.
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13) ^ 0x27d4eb2f) | 1;
    for (let warm = 0; warm < 8; warm += 1) this.#next();
  }

  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** A whole number from 0 to below the bound. */
  below(bound: number): number {
    return this.#next() % bound;
  }

  /** A whole number from the one to the other, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True in so many of a hundred cases. */
  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** So many different ones, in the order in which they stand. */
  some<T>(items: readonly T[], count: number): readonly T[] {
    const left = [...items];
    while (left.length > count) left.splice(this.below(left.length), 1);
    return left;
  }
}
