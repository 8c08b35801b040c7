/**
 * What the spellings of recipients led to. Recipients come again, and reading an address takes
 * longer than deciding about it. Bounded, and forgotten all at once: what is remembered changes no
 * answer.
 */

const REMEMBERED_MAX = 1 << 13;

export class Spellings<T> {
  private readonly remembered = new Map<string, T>();

  get(spelling: string): T | undefined {
    return this.remembered.get(spelling);
  }

  set(spelling: string, led: T): void {
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(spelling, led);
  }
}
