/** What a file `NAME.bench.ts` exports as `benchmark`. */
import type { Rounds, Samples } from './measure.ts';

/** Figures by their stable names, in groups where there are several of a kind; times end in `_ms`. */
export type Figures = { readonly [name: string]: number | Figures };

export type BenchmarkResult = {
  readonly figures: Figures;
  readonly samples: Samples;
};

export type Benchmark = {
  /** One sentence: what is timed, from where to where. */
  readonly about: string;
  readonly rounds: Rounds;
  /** Lines of progress go to `tell`. */
  readonly run: (rounds: Rounds, tell: (line: string) => void) => Promise<BenchmarkResult>;
};
