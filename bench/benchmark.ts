/** What a file `NAME.bench.ts` exports as `benchmark`. */
import type { Rounds, Samples } from './measure.ts';

/** Figures by their stable names, in groups where there are several of a kind; times end in `_ms`. */
export type Figures = { readonly [name: string]: number | Figures };

export type BenchmarkResult = {
  readonly figures: Figures;
  readonly samples: Samples;
  /** What breaks the benchmark's own rule, in words: then the command fails. */
  readonly faults?: readonly string[];
};

export type Benchmark = {
  /** One sentence: what is timed, from where to where. */
  readonly about: string;
  readonly rounds: Rounds;
  /** Whether it stops, and rejects, by the signal; without it Ctrl-C ends the process at once. */
  readonly endsEarly?: true;
  /** Lines of progress go to `tell`. */
  readonly run: (
    rounds: Rounds,
    tell: (line: string) => void,
    signal?: AbortSignal,
  ) => Promise<BenchmarkResult>;
};
