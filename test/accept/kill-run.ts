/**
 * F-01: payments that flow while one process after the other is killed. The kills are spread over the
 * payments, so that each falls while others are on their way.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Wallet } from '#sdk/types.ts';
import { USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { Findings, Setting } from './accept-run.ts';
import { type AcceptPlatform, openAcceptPlatform } from './accept-platform.ts';
import { reckon } from './books.ts';
import { type Draw, drawFrom, shuffled } from './drawn.ts';
import { type Firm, foundFirm } from './firm.ts';
import { approve, type Calls, type Ordered, orderPayment, untilEnded } from './payer.ts';
import { percentile, playSlices, type Slice } from './slices.ts';

type Size = { readonly payments: number; readonly kills: number; readonly wallets: number };

/** Each slice on a platform of its own; in full the first one lives long, so that its log and ledgers grow. */
const SIZES: Readonly<Record<Setting['profile'], readonly Size[]>> = {
  quick: [{ payments: 300, kills: 15, wallets: 12 }],
  full: [
    { payments: 4_000, kills: 120, wallets: 20 },
    ...Array.from({ length: 6 }, () => ({ payments: 1_000, kills: 30, wallets: 20 })),
  ],
};

const PROCESSES = ['gateway', 'worker', 'signer-1', 'signer-2', 'signer-3', 'postgres'] as const;
const SMALL = 1_000_000n;
/** Above the limit from which Bob must approve. */
const LARGE = 20_000_000_000n;
const LARGE_EVERY = 10;
/** What has not ended by then is stuck. */
const PATIENCE_MS = 60_000;
/** Without any payment that ends for so long, the run itself is over. */
const STANDSTILL_MS = 180_000;
const LOOK_AGAIN_MS = 100;

type Run = Pick<Setting, 'tell' | 'sample'> & {
  readonly stage: AcceptPlatform;
  readonly firm: Firm;
  readonly draw: Draw;
  readonly calls: Calls;
  readonly ordered: Ordered[];
  ended: number;
  lastEndAt: number;
  lastKillAt: number;
  killsLeft: number;
};

const isStuck = (run: Run): boolean => {
  const now = performance.now();
  if (now - run.lastEndAt > STANDSTILL_MS) return true;
  return run.killsLeft === 0 && now - Math.max(run.lastKillAt, run.lastEndAt) > PATIENCE_MS;
};

/** One wallet pays one after the other. */
async function payFrom(run: Run, wallet: Wallet, numbers: readonly number[]): Promise<void> {
  const { firm, calls } = run;
  for (const number of numbers) {
    if (isStuck(run)) return;
    const units = (number % LARGE_EVERY === 0 ? LARGE : SMALL) + BigInt(number);
    const externalId = `payment-${number}`;
    const order = { wallet, asset: USDC, to: VENDOR, units, externalId };
    const began = performance.now();
    const { ordered, transfer } = await orderPayment(firm, calls, order);
    run.ordered.push(ordered);
    await approve(firm, calls, transfer);
    const state = await untilEnded(firm, calls, ordered.transfer, () => isStuck(run));
    run.ended += 1;
    run.lastEndAt = performance.now();
    run.sample('transfer', { number, state, tookMs: Math.round(run.lastEndAt - began) });
  }
}

/** Each block of kills takes every process once, in an order of the seed. */
async function killAll(run: Run, payments: number): Promise<number[]> {
  const { stage, draw, tell, sample } = run;
  const kills = run.killsLeft;
  const order = Array.from({ length: Math.ceil(kills / PROCESSES.length) }, (_, block) =>
    shuffled(draw, `block ${block}`, PROCESSES),
  ).flat();
  const recoveries: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const share = kill * 1_000 + draw(`moment ${kill}`, 1_000);
    const due = Math.floor((share * payments) / (kills * 1_000));
    while (run.ended < due && !isStuck(run)) await pause(LOOK_AGAIN_MS);
    const name = order[kill] as string;
    await pause(draw(`pause ${kill}`, LOOK_AGAIN_MS * 3));
    const began = performance.now();
    await stage.platform.kill(name);
    await stage.platform.ensureRunning(name);
    await stage.ready();
    run.lastKillAt = performance.now();
    const recoveryMs = Math.round(run.lastKillAt - began);
    recoveries.push(recoveryMs);
    sample('kill', { number: kill + 1, process: name, ended: run.ended, recoveryMs });
    run.killsLeft -= 1;
    tell(`kill ${kill + 1} of ${kills} (${name}) after ${run.ended} of ${payments} payments`);
  }
  return recoveries;
}

export async function killRun(setting: Setting): Promise<Findings> {
  const slices = SIZES[setting.profile];
  const { counts, values, breaks } = await playSlices(setting, slices.length, (slice) =>
    playKills(setting, slice, slices[slice] as Size),
  );
  const { made = 1, unanswered = 0, ...counted } = counts;
  return {
    figures: {
      ...counted,
      'answered-percent': (100 - (100 * unanswered) / made).toFixed(1),
      'recovery-p99-s': (percentile(values['recoveryMs'] ?? [], 0.99) / 1_000).toFixed(1),
    },
    breaks,
  };
}

async function playKills(
  { seed, tell, sample }: Setting,
  slice: number,
  size: Size,
): Promise<Slice> {
  const { payments, kills, wallets } = size;
  const stage = await openAcceptPlatform('kills', 'local-evm', tell);
  try {
    const policy = { limit: '1,000,000,000', approvalAbove: '10,000' };
    const firm = await foundFirm(stage, 'local-evm', policy);
    try {
      const opened: Wallet[] = [];
      for (let each = 1; each <= wallets; each += 1) {
        opened.push(await firm.openWallet(`Wallet ${each}`));
      }
      const now = performance.now();
      const run: Run = {
        tell,
        sample,
        stage,
        firm,
        draw: drawFrom(`${seed}/${slice}`),
        calls: { made: 0, unanswered: 0 },
        ordered: [],
        ended: 0,
        lastEndAt: now,
        lastKillAt: now,
        killsLeft: kills,
      };
      const numbers = Array.from({ length: payments }, (_, index) => index + 1);
      const paying = opened.map((wallet, index) =>
        payFrom(
          run,
          wallet,
          numbers.filter((number) => number % wallets === index),
        ),
      );
      const [recoveryMs] = await Promise.all([killAll(run, payments), ...paying]);
      await stage.ready();
      const { lost, double, stuck, breaks } = await reckon(stage, run.ordered, VENDOR);
      const unpaid = payments - run.ordered.length;
      const notOrdered =
        unpaid === 0 ? [] : [`${unpaid} payments were never ordered: it stood still`];
      return {
        counts: { transfers: run.ordered.length, kills, lost, double, stuck, ...run.calls },
        values: { recoveryMs },
        breaks: [...notOrdered, ...breaks],
      };
    } finally {
      firm.close();
    }
  } finally {
    await stage.close();
  }
}
