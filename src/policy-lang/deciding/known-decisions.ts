/**
 * What the same rules came to before. Where no fact is missing, the rules that are true say all
 * there is to a decision, and a policy meets few sets of them, again and again: each is combined
 * once. Bounded, and forgotten all at once: what is remembered changes no answer.
 *
 * A hash table with open addressing (Knuth, The Art of Computer Programming 3, 6.4, algorithm L): the
 * sets stand side by side, so that one look into memory tells whether it is the one.
 */
import type { Decision } from '#policy-lang/decision.ts';

const SLOTS_FIRST = 64;
const SLOTS_MAX = 1 << 13;

export class KnownDecisions {
  /** Words of a set. */
  private readonly width: number;
  private slots: number;
  /** How many are taken: never more than half of them, so that a search meets a free one soon. */
  private taken: number;
  private sets: Int32Array;
  private decisions: (Decision | undefined)[];

  constructor(width: number) {
    this.width = width;
    this.slots = SLOTS_FIRST;
    this.taken = 0;
    this.sets = new Int32Array(width * SLOTS_FIRST);
    this.decisions = noDecisions(SLOTS_FIRST);
  }

  /** @param rules as bits */
  get(rules: Int32Array): Decision | undefined {
    return this.decisions[this.slotOf(rules)];
  }

  set(rules: Int32Array, decision: Decision): void {
    if (this.taken * 2 >= this.slots) this.widen();
    const slot = this.slotOf(rules);
    if (this.decisions[slot] === undefined) this.taken += 1;
    this.sets.set(rules, slot * this.width);
    this.decisions[slot] = decision;
  }

  /** Where the decision for these rules is, or would be. */
  private slotOf(rules: Int32Array): number {
    const { sets, decisions, width } = this;
    const last = this.slots - 1;
    let slot = hashOf(rules, width) & last;
    while (decisions[slot] !== undefined && !isAt(sets, slot * width, rules, width)) {
      slot = (slot + 1) & last;
    }
    return slot;
  }

  private widen(): void {
    const { sets, decisions, width } = this;
    this.slots = this.slots < SLOTS_MAX ? this.slots * 2 : SLOTS_FIRST;
    this.taken = 0;
    this.sets = new Int32Array(width * this.slots);
    this.decisions = noDecisions(this.slots);
    if (this.slots === SLOTS_FIRST) return;
    for (const [slot, decision] of decisions.entries()) {
      if (decision === undefined) continue;
      this.set(sets.subarray(slot * width, (slot + 1) * width), decision);
    }
  }
}

const noDecisions = (slots: number): (Decision | undefined)[] =>
  Array.from({ length: slots }, () => undefined);

function isAt(sets: Int32Array, start: number, rules: Int32Array, width: number): boolean {
  for (let word = 0; word < width; word++) if (sets[start + word] !== rules[word]) return false;
  return true;
}

/** Mixes each word into all bits below it (multiplication by the golden ratio, ibid.). */
function hashOf(rules: Int32Array, width: number): number {
  let hash = 0;
  for (let word = 0; word < width; word++) {
    hash = Math.imul(hash ^ (rules[word] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
