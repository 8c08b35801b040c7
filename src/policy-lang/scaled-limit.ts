/** A limit, ready to be compared with values of any scale: each scale is multiplied out once. */
import { type Exact, compare, rescale } from './exact.ts';

export class ScaledLimit {
  readonly limit: Exact;
  readonly #scaled: (bigint | undefined)[] = [];

  constructor(limit: Exact) {
    this.limit = limit;
  }

  /** -1, 0 or 1 as the value is below, at or above the limit. */
  compareTo(value: Exact): -1 | 0 | 1 {
    const { scaled, scale } = value;
    if (scale < this.limit.scale) return compare(value, this.limit);
    const limit = this.#scaled[scale] ?? this.#multiplyOut(scale);
    return scaled < limit ? -1 : scaled > limit ? 1 : 0;
  }

  #multiplyOut(scale: number): bigint {
    const limit = rescale(this.limit, scale);
    this.#scaled[scale] = limit;
    return limit;
  }
}
