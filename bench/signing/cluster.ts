/**
 * Signatures by a cluster of real processes on this machine: gRPC, mutual TLS, the reservation of each
 * presignature on the disk, and pools that are filled meanwhile. The worker is this process.
 */
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type BenchWallet,
  type StageRequest,
  clusterStage,
  walletOf,
} from '#bench/cluster-stage.ts';
import { type Rounds, percentile, rounded } from '#bench/measure.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { processCpuOf } from './process-cpu.ts';
import type { Topology } from './topology.ts';

/** What is asked of the cluster: one at a time first, then many at once. */
export type ClusterRounds = {
  readonly alone: number;
  readonly together: number;
  readonly atOnce: number;
};

/** Enough at once that most of their presignatures are made meanwhile: a pool has 64. */
export const clusterRounds = ({ counted }: Rounds): ClusterRounds => ({
  alone: 2 * counted,
  together: 6 * counted,
  atOnce: 8,
});

export type ClusterFigures = {
  readonly figures: Readonly<Record<string, number>>;
  /** Milliseconds of each signature, in the order in which they were asked for. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
};

const POOL_WAIT_MS = 120_000;

/** Signs once with every set, which makes their pools, and waits until nothing more is made. */
async function fillPools(cluster: SignerCluster, wallet: BenchWallet, sets: number): Promise<void> {
  for (let turn = 0; turn < sets; turn++) await wallet.sign();
  const made = async (): Promise<number> =>
    (await cluster.health()).reduce((sum, node) => sum + (node.presignatures?.made ?? 0), 0);
  const deadline = Date.now() + POOL_WAIT_MS;
  for (let before = -1, now = 0; now === 0 || now !== before; now = await made()) {
    if (Date.now() > deadline) throw new Error('the pools are not filled in time');
    before = now;
    await pause(1_000);
  }
}

/** `atOnce` requests at any moment until `count` are done: milliseconds of each, and per second. */
async function together(wallet: BenchWallet, count: number, atOnce: number) {
  const ms: number[] = [];
  let left = count;
  const startedMs = performance.now();
  const lane = async (): Promise<void> => {
    while ((left -= 1) >= 0) ms.push((await wallet.sign()).ms);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { ms, perSecond: (1_000 * count) / (performance.now() - startedMs) };
}

/** Sets of `threshold` out of `count`. */
function setsOf({ count, threshold }: Topology): number {
  let sets = 1;
  for (let at = 1; at <= threshold; at++) sets = (sets * (count - threshold + at)) / at;
  return sets;
}

/**
 * The figures `cluster_sign_*`, with the load of the machine before and after; and what one node computes
 * for one signature, the making of its presignature included: `cluster_node_cpu_ms` by all its threads,
 * `cluster_own_thread_cpu_ms` by the first of them.
 */
export async function clusterSigning(
  topology: Topology & Pick<StageRequest, 'threads'>,
  rounds: ClusterRounds,
  tell: (line: string) => void,
): Promise<ClusterFigures> {
  const loadBefore = loadavg()[0] ?? 0;
  const stage = await clusterStage(topology);
  try {
    const { cluster } = stage;
    const wallet = await walletOf(cluster);
    tell(`${topology.name}: ${stage.children.length} signer processes run, their pools fill`);
    await fillPools(cluster, wallet, setsOf(topology));
    const alone: number[] = [];
    for (let round = 0; round < rounds.alone; round++) alone.push((await wallet.sign()).ms);
    tell(`${topology.name}: ${rounds.alone} signatures one at a time`);
    const pids = stage.children.flatMap(({ pid }) => pid ?? []);
    const before = processCpuOf(pids);
    const crowd = await together(wallet, rounds.together, rounds.atOnce);
    const after = processCpuOf(pids);
    const perSigner = (used: number): number =>
      rounded(used / (rounds.together * topology.threshold));
    tell(`${topology.name}: ${rounds.together} signatures, ${rounds.atOnce} at once`);
    return {
      figures: {
        cluster_sign_p50_ms: rounded(percentile(alone, 50)),
        cluster_sign_p99_ms: rounded(percentile(alone, 99)),
        cluster_sign_samples: alone.length,
        cluster_signs_per_s: rounded(crowd.perSecond),
        cluster_signs_per_s_samples: crowd.ms.length,
        ...(before === undefined || after === undefined
          ? {}
          : {
              cluster_node_cpu_ms: perSigner(after.allMs - before.allMs),
              cluster_own_thread_cpu_ms: perSigner(after.firstThreadMs - before.firstThreadMs),
            }),
        cluster_load_before: rounded(loadBefore),
        cluster_load_after: rounded(loadavg()[0] ?? 0),
      },
      samples: { cluster_sign: alone, cluster_sign_together: crowd.ms },
    };
  } finally {
    await stage.close();
  }
}
