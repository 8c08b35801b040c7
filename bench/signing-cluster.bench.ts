/**
 * Signatures by clusters of real processes alone: what `signing.bench.ts` measures last, without the
 * minutes before it.
 */
import type { Benchmark, Figures } from './benchmark.ts';
import { rounded } from './measure.ts';
import { clusterRounds, clusterSigning } from './signing/cluster.ts';
import { TOPOLOGIES } from './signing/topology.ts';

export const benchmark: Benchmark = {
  about: 'signatures from the pool by processes of this machine, one at a time and many at once',
  rounds: { warmUp: 0, counted: 100 },
  async run(rounds, tell) {
    const figures: Record<string, Figures> = {};
    const samples: Record<string, readonly number[]> = {};
    for (const topology of TOPOLOGIES) {
      const measured = await clusterSigning(topology, clusterRounds(rounds), tell);
      figures[topology.name] = measured.figures;
      for (const [name, ms] of Object.entries(measured.samples)) {
        samples[`${topology.name}.${name}`] = ms.map(rounded);
      }
    }
    return { figures, samples };
  },
};
