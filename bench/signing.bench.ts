/**
 * The signing stack by itself: all parties of a session in one process, beside keys that are not shared
 * and beside noble's FROST, which take turns with it; then signatures by a cluster of real processes.
 * Each file of `signing/` measures one thing.
 */
import type { KeyShare } from '#signing/key-share.ts';
import { GROUP } from '#signing/group.ts';
import { simulatedCommittee } from '#signing/simulated-committee.ts';
import type { Benchmark, Figures } from './benchmark.ts';
import { type Rounds, type Samples, interleave, percentile, rounded } from './measure.ts';
import { clusterRounds, clusterSigning } from './signing/cluster.ts';
import { ecdsa } from './signing/ecdsa.ts';
import { frost } from './signing/frost.ts';
import type { Measurement } from './signing/measurement.ts';
import { setUp } from './signing/set-up.ts';
import { shareAtRest } from './signing/share-at-rest.ts';
import { singleKeySignatures } from './signing/single-key-signatures.ts';
import { TOPOLOGIES, type Topology } from './signing/topology.ts';

/** The median of every contender, and beside it how many samples it is of. */
const medians = (samples: Samples): Figures =>
  Object.fromEntries(
    Object.entries(samples).flatMap(([name, ms]) => [
      [name, rounded(percentile(ms, 50))],
      [`${name}_samples`, ms.length],
    ]),
  );

async function measure(topology: Topology, rounds: Rounds, tell: (line: string) => void) {
  const committee = simulatedCommittee('bench', topology.count, topology.threshold);
  const measurements: readonly Measurement[] = [
    ecdsa(topology, committee),
    setUp(topology),
    frost(topology),
    singleKeySignatures(),
  ];
  const contenders = measurements.flatMap((measurement) => measurement.contenders);
  const samples = await interleave(contenders, rounds, (round) => {
    if (round % 20 === 0) tell(`${topology.name}: ${round} of ${rounds.warmUp + rounds.counted}`);
  });
  const median = (name: string): number => percentile(samples[name] ?? [], 50);
  const ratios = measurements.flatMap(({ ratios }) => Object.entries(ratios?.(median) ?? {}));
  const messageBytes = measurements.flatMap((one) => Object.entries(one.messageBytes ?? {}));
  const cluster = await clusterSigning(topology, clusterRounds(rounds), tell);
  const figures: Figures = {
    ...medians(samples),
    ...Object.fromEntries(ratios.map(([name, ratio]) => [name, rounded(ratio)])),
    share_bytes: await shareAtRest(topology, committee.shares.get(1) as KeyShare),
    message_bytes: Object.fromEntries(
      messageBytes.map(([protocol, bytes]) => [
        protocol,
        Object.fromEntries(bytes.map((size, round) => [`round_${round}`, size])),
      ]),
    ),
    ...cluster.figures,
    rss_mb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
  return { figures, samples: { ...samples, ...cluster.samples } };
}

export const benchmark: Benchmark = {
  about:
    `DKLs23 over ${GROUP.name}, and FROST: CPU of one party, all parties in this process; ` +
    'beside single keys and noble',
  rounds: { warmUp: 20, counted: 100 },
  async run(rounds, tell) {
    const figures: Record<string, Figures> = {};
    const samples: Record<string, readonly number[]> = {};
    for (const topology of TOPOLOGIES) {
      const measured = await measure(topology, rounds, tell);
      figures[topology.name] = measured.figures;
      for (const [name, ms] of Object.entries(measured.samples)) {
        samples[`${topology.name}.${name}`] = ms.map(rounded);
      }
    }
    return { figures, samples };
  },
};
