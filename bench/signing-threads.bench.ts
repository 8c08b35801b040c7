/**
 * The same cluster with no, one and two worker threads in each node. The clusters take turns, so that a
 * slow minute of the machine slows all of them.
 */
import type { Benchmark } from './benchmark.ts';
import { type Contender, interleave, percentile, rounded } from './measure.ts';
import { type ClusterFigures, clusterSigning } from './signing/cluster.ts';

const THREADS = [0, 1, 2];
const TOPOLOGY = { name: '2of3', count: 3, threshold: 2 } as const;
const MEDIANS = ['cluster_signs_per_s', 'cluster_node_cpu_ms', 'cluster_own_thread_cpu_ms'];
/** What each turn of a cluster asks of it: enough at once that its pools are filled meanwhile. */
const TURN = { warmUp: 50, alone: 100, together: 400, atOnce: 8 };

export const benchmark: Benchmark = {
  about:
    'signatures by three signer processes on this machine, whose protocols run in the node’s own ' +
    'thread, in one worker thread and in two; the median of the turns',
  rounds: { warmUp: 0, counted: 5 },
  async run(rounds, tell) {
    const turns = new Map<number, ClusterFigures[]>(THREADS.map((threads) => [threads, []]));
    const contenders = THREADS.map((threads): Contender => ({
      name: `threads_${threads}`,
      async sample() {
        const startedMs = performance.now();
        const turn = await clusterSigning({ ...TOPOLOGY, threads }, TURN, tell);
        turns.get(threads)?.push(turn);
        tell(`${threads} threads: ${turn.figures['cluster_signs_per_s']} signatures a second`);
        return performance.now() - startedMs;
      },
    }));
    await interleave(contenders, rounds);
    const samples: Record<string, readonly number[]> = {};
    const figures = [...turns].map(([threads, all]) => {
      const counted = all.slice(rounds.warmUp);
      const of = (name: string) => counted.flatMap((turn) => turn.figures[name] ?? []);
      const medians = MEDIANS.filter((name) => of(name).length > 0);
      const alone = counted.flatMap((turn) => turn.samples['cluster_sign'] ?? []);
      samples[`threads_${threads}.cluster_sign`] = alone.map(rounded);
      samples[`threads_${threads}.cluster_signs_per_s`] = of('cluster_signs_per_s');
      return [
        `threads_${threads}`,
        {
          cluster_sign_p50_ms: rounded(percentile(alone, 50)),
          cluster_sign_p99_ms: rounded(percentile(alone, 99)),
          cluster_sign_samples: alone.length,
          ...Object.fromEntries(medians.map((name) => [name, percentile(of(name), 50)])),
          turns: counted.length,
          load_before_max: Math.max(...of('cluster_load_before')),
        },
      ] as const;
    });
    return { figures: Object.fromEntries(figures), samples };
  },
};
