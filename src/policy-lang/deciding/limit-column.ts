/**
 * What requests must be worth, and the masks of the rules that each worth leaves open. All limits of
 * a policy cut the line of values into stretches, on each of which the same rules are open.
 */
import type { StepRange } from '#policy-lang/values/money-steps.ts';
import type { MaskTable } from './mask-table.ts';

export class LimitColumn {
  /** Where stretches begin, but for the first one, rising. */
  private readonly starts: Float64Array;
  /** Of each stretch where its mask begins. */
  private readonly masks: Int32Array;

  /** @param ranges of each rule */
  constructor(ranges: readonly StepRange[], table: MaskTable) {
    const cuts = ranges.flatMap(({ least = -Infinity, most = Infinity }) => [least, most + 1]);
    this.starts = Float64Array.from(new Set(cuts.filter(Number.isFinite))).toSorted();
    this.masks = Int32Array.from([-Infinity, ...this.starts], (start) =>
      table.keep(
        [...ranges.keys()].filter((rule) => {
          const { least = -Infinity, most = Infinity } = ranges[rule] ?? {};
          return least <= start && start <= most;
        }),
      ),
    );
  }

  /** Where the mask of the rules begins that so many steps leave open. */
  of(steps: number): number {
    const { starts, masks } = this;
    // Halves what is left without a branch, as where a value lies cannot be foreseen.
    let first = 0;
    let left = starts.length;
    while (left > 0) {
      const half = (left + 1) >> 1;
      first += Math.imul(half, Number((starts[first + half - 1] as number) <= steps));
      left -= half;
    }
    return masks[first] as number;
  }
}
