/** What a file of this folder gives: contenders, and what can be counted without a clock. */
import type { Contender } from '#bench/measure.ts';

export type Measurement = {
  /** Each is named as its figure; the figure is the median of its samples. */
  readonly contenders: readonly Contender[];
  /** How many times as long one contender takes as another. */
  readonly ratios?: (median: (name: string) => number) => Readonly<Record<string, number>>;
  /** By protocol and round: bytes of the messages of one party to one peer. */
  readonly messageBytes?: Readonly<Record<string, readonly number[]>>;
};
