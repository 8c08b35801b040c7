/**
 * Signatures by a cluster of real processes on this machine: gRPC, mutual TLS, the reservation of each
 * presignature on the disk, and pools that are filled meanwhile. The worker is this process.
 */
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type AgreedPayment,
  type BenchWallet,
  type MandatedPayment,
  type StageRequest,
  clusterStage,
  walletOf,
} from '#bench/cluster-stage.ts';
import { type Rounds, percentile, rounded } from '#bench/measure.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { processCpuOf } from './process-cpu.ts';
import type { Topology } from './topology.ts';

/** What is asked of the cluster: some that do not count, then one at a time, then many at once. */
export type ClusterRounds = {
  readonly warmUp: number;
  readonly alone: number;
  readonly together: number;
  readonly atOnce: number;
};

/** Enough at once that most of their presignatures are made meanwhile: a pool has 64. */
export const clusterRounds = ({ counted }: Rounds): ClusterRounds => ({
  warmUp: 2 * counted,
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

/**
 * Signs so often, at least once with every set, and waits until their pools are filled: V8 has compiled then
 * what a payment runs through, as it has in a node that serves.
 */
async function warmUp(cluster: SignerCluster, wallet: BenchWallet, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await wallet.sign();
  const made = async (): Promise<number> =>
    (await cluster.health()).reduce((sum, node) => sum + (node.presignatures?.made ?? 0), 0);
  const deadline = Date.now() + POOL_WAIT_MS;
  for (let before = -1, now = 0; now === 0 || now !== before; now = await made()) {
    if (Date.now() > deadline) throw new Error('the pools are not filled in time');
    before = now;
    await pause(1_000);
  }
}

/** `atOnce` requests at any moment until `count` are done: what came of each, and how long all took. */
async function together<T>(count: number, atOnce: number, ask: (at: number) => Promise<T>) {
  const done: T[] = [];
  let next = 0;
  const startedMs = performance.now();
  const lane = async (): Promise<void> => {
    while (next < count) done.push(await ask(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { done, tookMs: performance.now() - startedMs };
}

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

/** Sets of `threshold` out of `count`. */
function setsOf({ count, threshold }: Topology): number {
  let sets = 1;
  for (let at = 1; at <= threshold; at++) sets = (sets * (count - threshold + at)) / at;
  return sets;
}

/**
 * The figures `cluster_sign_*`, with the load of the machine before and after: of the session alone, from the
 * moment in which a quorum has the payment in writing. `with_receipts` is a payment from its mandate on, and
 * `cluster_receipts_share` which part of that goes to the quorum's receipts. And what one node computes:
 * for one signature, the making of its presignature included, `cluster_node_cpu_ms` by all its threads and
 * `cluster_own_thread_cpu_ms` by the first of them; for one receipt `cluster_receipt_cpu_ms`, the check of the
 * mandate included. What people, their keys and the audit log do before that is in none of them.
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
    const wallet = await walletOf(stage);
    tell(`${topology.name}: ${stage.children.length} signer processes run, their pools fill`);
    await warmUp(cluster, wallet, Math.max(rounds.warmUp, setsOf(topology)));
    const alone: number[] = [];
    const receipts: number[] = [];
    for (let round = 0; round < rounds.alone; round++) {
      const agreed = await wallet.mandate().agree();
      receipts.push(agreed.ms);
      alone.push((await agreed.sign()).ms);
    }
    const whole = alone.map((ms, round) => ms + (receipts[round] ?? 0));
    tell(`${topology.name}: ${rounds.alone} signatures one at a time`);
    const pids = stage.children.flatMap(({ pid }) => pid ?? []);
    const mandates = Array.from({ length: rounds.together }, () => wallet.mandate());
    const start = processCpuOf(pids);
    const agreed = await together(rounds.together, rounds.atOnce, (at) =>
      (mandates[at] as MandatedPayment).agree(),
    );
    const before = processCpuOf(pids);
    const crowd = await together(rounds.together, rounds.atOnce, (at) =>
      (agreed.done[at] as AgreedPayment).sign(),
    );
    const after = processCpuOf(pids);
    const perSecond = (ms: number): number => rounded((1_000 * rounds.together) / ms);
    const perSigner = (used: number): number =>
      rounded(used / (rounds.together * topology.threshold));
    tell(`${topology.name}: ${rounds.together} signatures, ${rounds.atOnce} at once`);
    return {
      figures: {
        cluster_sign_p50_ms: rounded(percentile(alone, 50)),
        cluster_sign_p99_ms: rounded(percentile(alone, 99)),
        cluster_sign_samples: alone.length,
        cluster_sign_with_receipts_p50_ms: rounded(percentile(whole, 50)),
        cluster_sign_with_receipts_p99_ms: rounded(percentile(whole, 99)),
        cluster_receipts_p50_ms: rounded(percentile(receipts, 50)),
        cluster_receipts_share: rounded(sum(receipts) / sum(whole)),
        cluster_signs_per_s: perSecond(crowd.tookMs),
        cluster_signs_per_s_samples: crowd.done.length,
        cluster_signs_with_receipts_per_s: perSecond(crowd.tookMs + agreed.tookMs),
        ...(start === undefined || before === undefined || after === undefined
          ? {}
          : {
              cluster_receipt_cpu_ms: rounded(
                (before.allMs - start.allMs) / (rounds.together * topology.count),
              ),
              cluster_node_cpu_ms: perSigner(after.allMs - before.allMs),
              cluster_own_thread_cpu_ms: perSigner(after.firstThreadMs - before.firstThreadMs),
            }),
        cluster_load_before: rounded(loadBefore),
        cluster_load_after: rounded(loadavg()[0] ?? 0),
      },
      samples: {
        cluster_sign: alone,
        cluster_receipts: receipts,
        cluster_sign_together: crowd.done.map(({ ms }) => ms),
      },
    };
  } finally {
    await stage.close();
  }
}
