/** A limit, ready to be compared with values of any scale: the latest scale is multiplied out. */
import type { Order } from './condition.ts';
import { type Exact, compare, rescale } from './exact.ts';
import { holds } from './plan-atom.ts';

export class ScaledLimit {
  readonly limit: Exact;
  /** The limit at the scale at hand, and at the one before: most policies meet one or two. */
  private scale: number;
  private scaled: bigint;
  private otherScale: number;
  private otherScaled: bigint;

  constructor(limit: Exact) {
    this.limit = limit;
    this.scale = limit.scale;
    this.scaled = limit.scaled;
    this.otherScale = limit.scale;
    this.otherScaled = limit.scaled;
  }

  /** Whether the value stands in this order to the limit. */
  admits(value: Exact, order: Order): boolean {
    const { scaled, scale } = value;
    if (scale !== this.scale) {
      if (scale < this.limit.scale) return holds(compare(value, this.limit), order);
      this.turnTo(scale);
    }
    switch (order) {
      case '>':
        return scaled > this.scaled;
      case '>=':
        return scaled >= this.scaled;
      case '<':
        return scaled < this.scaled;
      default:
        return scaled <= this.scaled;
    }
  }

  private turnTo(scale: number): void {
    const scaled = scale === this.otherScale ? this.otherScaled : rescale(this.limit, scale);
    this.otherScale = this.scale;
    this.otherScaled = this.scaled;
    this.scale = scale;
    this.scaled = scaled;
  }
}
