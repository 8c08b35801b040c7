/** `npm run bench -- cluster-soak`: 20,000 signatures by a cluster of processes, and what is left behind. */
import type { Benchmark, Figures } from './benchmark.ts';
import { type Mark, faultsOf, growthOf, soakCluster } from './cluster-soak.ts';
import { percentile, rounded } from './measure.ts';

type Series = [name: string, samples: readonly number[]];

/** Every figure of one node at every mark, so that a trend is seen. */
const seriesOf = (marks: readonly Mark[]): Readonly<Record<string, readonly number[]>> => {
  const nodes = (marks[0]?.held ?? []).map((_, at) => at);
  const figures = ['heapMb', 'externalMb', 'rssMb', 'descriptors'] as const;
  const kinds = marks.flatMap(({ held }) =>
    held.flatMap(({ resources }) => Object.keys(resources)),
  );
  return Object.fromEntries(
    nodes.flatMap((at) => [
      ...figures.map((name): Series => [
        `node${at + 1}_${name}`,
        marks.map(({ held }) => rounded(held[at]?.[name] ?? 0)),
      ]),
      ...[...new Set(kinds)].map((kind): Series => [
        `node${at + 1}_${kind}`,
        marks.map(({ held }) => held[at]?.resources[kind] ?? 0),
      ]),
    ]),
  );
};

export const benchmark: Benchmark = {
  about:
    'signatures by three signer processes, eight at once, from pools that fill meanwhile; what is ' +
    'invalid, failed, stuck, or left behind in a process (Ctrl-C ends it in order)',
  rounds: { warmUp: 2_000, counted: 20_000 },
  endsEarly: true,
  async run({ warmUp, counted }, tell, signal) {
    const soak = await soakCluster(
      { warmUp: Math.min(warmUp, counted), counted },
      tell,
      signal ?? new AbortController().signal,
    );
    const { signed, invalid, failed, stuck, ms, seconds, marks, presignatures } = soak;
    const growth = growthOf(marks);
    const figures: Figures = {
      signatures: signed,
      invalid,
      failed,
      stuck,
      leaked_descriptors: growth.descriptors,
      leaked_handles: growth.resources,
      heap_growth_mb: rounded(growth.heapMb),
      heap_growth_bytes_per_signature: Math.round((growth.heapMb * 2 ** 20) / signed),
      external_growth_mb: rounded(growth.externalMb),
      rss_growth_mb: rounded(growth.rssMb),
      presignatures_made: presignatures,
      signs_per_s: rounded(signed / seconds),
      sign_p50_ms: rounded(percentile(ms, 50)),
      sign_p99_ms: rounded(percentile(ms, 99)),
      seconds: rounded(seconds),
    };
    return { figures, samples: seriesOf(marks), faults: faultsOf(soak) };
  },
};
