/** One kind of fact, and the masks of the rules that each of its values leaves open. */
import type { Filing, KeySet } from './filing.ts';
import type { MaskTable } from './mask-table.ts';

export class MaskColumn {
  /** Rules that ask nothing of the fact: open to all values, and the only ones to most. */
  readonly free: number;
  private readonly byKey = new Map<string, number>();
  /** Where the rules are put together that several values leave open. */
  private readonly joined: number;
  private readonly width: number;

  /** @param filings of each rule, where it asks something of the fact */
  constructor(filings: readonly (Filing | undefined)[], table: MaskTable) {
    const rules = [...filings.keys()];
    this.free = table.keep(rules.filter((rule) => filings[rule] === undefined));
    this.joined = table.scratch();
    this.width = table.width;
    const sets = new Map<KeySet, number[]>();
    for (const [rule, filing] of filings.entries()) {
      if (filing === undefined) continue;
      const filed = sets.get(filing.keys);
      if (filed === undefined) sets.set(filing.keys, [rule]);
      else filed.push(rule);
    }
    for (const [set, filed] of sets) {
      const mask = table.union(this.free, table.keep(filed));
      for (const key of set.keys()) {
        const before = this.byKey.get(key);
        this.byKey.set(key, before === undefined ? mask : table.union(before, mask));
      }
    }
  }

  /** Where the mask of the rules begins that the value leaves open. */
  of(key: string): number {
    const mask = this.byKey.get(key);
    return mask === undefined ? this.free : mask;
  }

  /** The same for a fact that has several values; until it is asked again. */
  ofAny(keys: readonly string[], masks: Int32Array): number {
    if (keys.length === 1) return this.of(keys[0] as string);
    const { free, joined, width } = this;
    for (let word = 0; word < width; word++) masks[joined + word] = masks[free + word] as number;
    for (let at = 0; at < keys.length; at++) {
      const mask = this.of(keys[at] as string);
      for (let word = 0; word < width; word++) {
        masks[joined + word] = (masks[joined + word] as number) | (masks[mask + word] as number);
      }
    }
    return joined;
  }
}
