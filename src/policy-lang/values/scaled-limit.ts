/** A limit, ready to be compared with values of any scale: the latest scale is multiplied out. */
import type { Order } from '#policy-lang/checking/condition.ts';
import { type Exact, compare, rescale } from './exact.ts';

export class ScaledLimit {
  private readonly limit: Exact;
  /** A value above the limit is admitted, or else one below it. */
  readonly isFloor: boolean;
  /** A value that is equal to the limit is admitted. */
  readonly isReached: boolean;
  /** The limit at the scale at hand, and at the one before: most policies meet one or two. */
  private scale: number;
  private scaled: bigint;
  private otherScale: number;
  private otherScaled: bigint;

  constructor(order: Order, limit: Exact) {
    this.limit = limit;
    this.isFloor = order === '>' || order === '>=';
    this.isReached = order === '>=' || order === '<=';
    this.scale = limit.scale;
    this.scaled = limit.scaled;
    this.otherScale = limit.scale;
    this.otherScaled = limit.scaled;
  }

  /** The limit at a scale; undefined where that has fewer digits after the point than the limit. */
  at(scale: number): bigint | undefined {
    if (scale < this.limit.scale) return undefined;
    if (scale !== this.scale) this.turnTo(scale);
    return this.scaled;
  }

  /** Whether the value stands in the order to the limit. */
  admits({ scaled, scale }: Exact): boolean {
    if (scale !== this.scale) {
      if (scale < this.limit.scale) return this.admitsCoarse({ scaled, scale });
      this.turnTo(scale);
    }
    if (this.isFloor) return this.isReached ? scaled >= this.scaled : scaled > this.scaled;
    return this.isReached ? scaled <= this.scaled : scaled < this.scaled;
  }

  /** Of a value with fewer digits after the point than the limit. */
  private admitsCoarse(value: Exact): boolean {
    const comparison = compare(value, this.limit);
    if (comparison === 0) return this.isReached;
    return this.isFloor === comparison > 0;
  }

  private turnTo(scale: number): void {
    const scaled = scale === this.otherScale ? this.otherScaled : rescale(this.limit, scale);
    this.otherScale = this.scale;
    this.otherScaled = this.scaled;
    this.scale = scale;
    this.scaled = scaled;
  }
}
