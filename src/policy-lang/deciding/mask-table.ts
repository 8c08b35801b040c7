/**
 * Sets of rules as bits, in words of 32: rule 0 is the lowest bit of the first word. All masks of a
 * policy stand in one table, equal ones once, and are named by where they begin.
 */

export const WORD_BITS = 32;

/** Where the mask of all rules begins. */
export const ALL_RULES = 0;

export class MaskTable {
  /** Words of each mask. */
  readonly width: number;
  /** The masks, one behind the other. */
  private words: Int32Array;
  private length = 0;
  private readonly known = new Map<string, number>();

  constructor(ruleCount: number) {
    this.width = Math.max(1, Math.ceil(ruleCount / WORD_BITS));
    this.words = new Int32Array(this.width);
    this.keep(Array.from({ length: ruleCount }, (_, rule) => rule));
  }

  /** Where the mask of these rules begins. */
  keep(rules: Iterable<number>): number {
    const mask = new Int32Array(this.width);
    for (const rule of rules) {
      const word = Math.floor(rule / WORD_BITS);
      mask[word] = (mask[word] as number) | (1 << (rule % WORD_BITS));
    }
    return this.keepMask(mask);
  }

  /** Where the mask of the rules of either begins. */
  union(one: number, other: number): number {
    const { width } = this;
    return this.keepMask(
      Int32Array.from(
        { length: width },
        (_, word) => this.word(one, word) | this.word(other, word),
      ),
    );
  }

  /** A mask without a rule that is nobody else's: whoever asks for it fills it anew each time. */
  scratch(): number {
    return this.append(new Int32Array(this.width));
  }

  word(mask: number, word: number): number {
    return this.words[mask + word] as number;
  }

  /** The table, once nothing more is kept. */
  get all(): Int32Array {
    return this.words.slice(0, this.length);
  }

  private keepMask(mask: Int32Array): number {
    const text = mask.join(' ');
    const known = this.known.get(text) ?? this.append(mask);
    this.known.set(text, known);
    return known;
  }

  private append(mask: Int32Array): number {
    const start = this.length;
    this.length += mask.length;
    if (this.length > this.words.length) {
      const wider = new Int32Array(this.length * 2);
      wider.set(this.words);
      this.words = wider;
    }
    this.words.set(mask, start);
    return start;
  }
}
