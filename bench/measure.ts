/**
 * How a benchmark measures: contenders take turns in one run, so that a slow minute of the machine
 * slows all of them; raw samples are kept, and results are percentiles and ratios of medians.
 */

/** One way to do the same work. */
export type Contender = {
  readonly name: string;
  /** Does the work once and returns what it took, in milliseconds; preparing it is not timed. */
  readonly sample: () => Promise<number>;
};

/** Milliseconds of each sample, in the order in which they were taken. */
export type Samples = Readonly<Record<string, readonly number[]>>;

export type Rounds = { readonly warmUp: number; readonly counted: number };

/** The order turns around from round to round: nobody always goes first. */
export async function interleave(
  contenders: readonly Contender[],
  { warmUp, counted }: Rounds,
  tell: (round: number) => void = () => undefined,
): Promise<Samples> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUp + counted; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const { name, sample } of order) {
      const ms = await sample();
      if (round >= warmUp) samples.get(name)?.push(ms);
    }
    tell(round + 1);
  }
  return Object.fromEntries(samples);
}

/** The sample at or above which `percent` of all lie at or below (nearest rank). */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError('a percentile needs a sample');
  return value;
}

/** Three digits after the point: a microsecond, which is more than these clocks can tell. */
export const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
