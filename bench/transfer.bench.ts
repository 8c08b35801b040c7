/** One approved payment through a platform of real processes, beside one ethers key on its chain. */
import { connect } from '#chains/connect.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { startPassingPlatform } from '#launcher/passing-platform.ts';
import type { Platform } from '#launcher/platform.ts';
import { approvedPayments, PAYMENT } from './approved-payment.ts';
import type { Benchmark, BenchmarkResult } from './benchmark.ts';
import { interleave, percentile, rounded, type Rounds, type Samples } from './measure.ts';
import { singleKey } from './single-key.ts';

/**
 * `ratio` says how many times the single key's median the platform's median is. The `to_` figures are
 * the medians of the steps: from the call to QUEUED, from there to SIGNING, and so on.
 */
function figuresOf(samples: Samples): BenchmarkResult['figures'] {
  const { countersign = [], ethers = [], ...steps } = samples;
  const [own, peer] = [percentile(countersign, 50), percentile(ethers, 50)];
  const medians = Object.entries(steps).map(([name, ms]) => [name, rounded(percentile(ms, 50))]);
  return {
    p50_ms: rounded(own),
    p99_ms: rounded(percentile(countersign, 99)),
    ethers_p50_ms: rounded(peer),
    ethers_p99_ms: rounded(percentile(ethers, 99)),
    ratio: rounded(own / peer),
    ...(Object.fromEntries(medians) as Record<string, number>),
  };
}

async function vendorBalance({ rpc }: Platform): Promise<bigint> {
  const chain = connect(findNetwork('local-evm'), rpc);
  try {
    const [balance] = await chain.balances(PAYMENT.recipient, [findAsset(PAYMENT.asset)]);
    return balance?.units ?? 0n;
  } finally {
    chain.close();
  }
}

async function measure(
  platform: Platform,
  rounds: Rounds,
  tell: (line: string) => void,
): Promise<Samples> {
  const payments = rounds.warmUp + rounds.counted;
  const peer = await singleKey(platform.rpc, { ...PAYMENT, payments });
  const own = await approvedPayments(platform, payments);
  try {
    const samples = await interleave([own, peer], rounds, (round) => {
      if (round % 10 === 0) tell(`${round} of ${payments} rounds`);
    });
    const paid = await vendorBalance(platform);
    if (paid !== 2n * BigInt(payments) * PAYMENT.units) {
      throw new Error(`the vendor holds ${paid} base units, which is not what was paid`);
    }
    const steps = [...own.steps].map(([state, ms]) => [
      `to_${state.toLowerCase()}_ms`,
      ms.slice(rounds.warmUp),
    ]);
    return { ...samples, ...(Object.fromEntries(steps) as Samples) };
  } finally {
    own.close();
    peer.close();
  }
}

export const benchmark: Benchmark = {
  about: 'decideApproval to CONFIRMED on the local chain, beside one ethers key (send to receipt)',
  rounds: { warmUp: 5, counted: 50 },
  async run(rounds, tell) {
    const platform = await startPassingPlatform('bench', (text) => tell(text.trimEnd()));
    try {
      const samples = await measure(platform, rounds, tell);
      return { figures: figuresOf(samples), samples };
    } finally {
      await platform.leave();
    }
  },
};
