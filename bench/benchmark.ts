/** What a file `NAME.bench.ts` exports as `benchmark`. */
import type { Rounds, Samples } from './measure.ts';

export type BenchmarkResult = {
  /** The figures by their stable names; times end in `_ms`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly samples: Samples;
};

export type Benchmark = {
  /** One sentence: what is timed, from where to where. */
  readonly about: string;
  readonly rounds: Rounds;
  /** Lines of progress go to `tell`. */
  readonly run: (rounds: Rounds, tell: (line: string) => void) => Promise<BenchmarkResult>;
};
