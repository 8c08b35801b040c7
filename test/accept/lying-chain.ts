/**
 * F-05: a chain whose endpoints take a payment and never say so, whose branches are given up, that stands
 * still, and of whose two endpoints one lies. Each payment ends as one transaction, and nothing is called
 * CONFIRMED that is not.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Transaction } from 'ethers';
import { rpc } from '#testing/chain-rpc.ts';
import type { RpcCall } from '#test/chain-gate.ts';
import type { Wallet } from '#sdk/types.ts';
import type { Findings, Setting } from './accept-run.ts';
import { type AcceptPlatform, openAcceptPlatform } from './accept-platform.ts';
import { type Draw, drawFrom } from './drawn.ts';
import { type Firm, foundFirm } from './firm.ts';
import { oneLiar } from './one-liar.ts';
import { type Calls, type Ordered, orderPayment, untilEnded } from './payer.ts';
import { playSlices, type Slice } from './slices.ts';

/** Of each slice, which has a platform of its own. */
const SIZES = {
  quick: { slices: 1, each: { 'timed-out': 20, reorgs: 20, stuck: 20, lies: 24 }, wallets: 10 },
  full: { slices: 10, each: { 'timed-out': 100, reorgs: 20, stuck: 20, lies: 24 }, wallets: 20 },
} as const;

const ASSET = 'ETH@sepolia';
const PAYEE = '0x52908400098527886E0F7030069857D2E4169EE7';
/** 0.0001 ether; each payment adds its number of wei. */
const LEAST = 10n ** 14n;
const BLOCK_MS = 150;
/** Below the 12 blocks after which a transaction of this network counts as final. */
const REORG_DEPTH_MAX = 11;
const PATIENCE_MS = 120_000;
const LOOK_AGAIN_MS = 100;

type Trouble = keyof (typeof SIZES)['quick']['each'];

export type Run = Pick<Setting, 'sample'> & {
  readonly stage: AcceptPlatform;
  readonly firm: Firm;
  readonly wallets: readonly Wallet[];
  readonly draw: Draw;
  readonly calls: Calls;
  readonly ordered: Ordered[];
  readonly breaks: string[];
  number: number;
  trouble: string;
  isMining: boolean;
};

/** Makes blocks, as time does on a real chain; while `isMining` is false it stands still. */
function mine(run: Run): () => Promise<void> {
  const over = new AbortController();
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      if (run.isMining) await rpc(run.stage.chain.url, 'evm_mine');
      await pause(BLOCK_MS);
    }
  };
  const looping = loop();
  return async () => {
    over.abort();
    await looping;
  };
}

const isSending = ({ method }: RpcCall): boolean => method === 'eth_sendRawTransaction';
const asksFor =
  (hash: string | undefined) =>
  ({ method, params }: RpcCall): boolean =>
    method === 'eth_getTransactionByHash' && params[0] === hash;

export async function pay(run: Run, wallet: Wallet): Promise<void> {
  const { firm, calls } = run;
  const number = (run.number += 1);
  const units = LEAST + BigInt(number);
  const order = { wallet, asset: ASSET, to: PAYEE, units, externalId: `payment-${number}` };
  const began = performance.now();
  const { ordered } = await orderPayment(firm, calls, order);
  run.ordered.push(ordered);
  const isImpatient = (): boolean => performance.now() - began > PATIENCE_MS;
  const state = await untilEnded(firm, calls, ordered.transfer, isImpatient);
  const tookMs = Math.round(performance.now() - began);
  run.sample('transfer', { number, trouble: run.trouble, state, tookMs });
  if (state !== 'CONFIRMED') run.breaks.push(`payment ${number} ended ${state}`);
}

const payAll = (run: Run): Promise<unknown> =>
  Promise.all(run.wallets.map((wallet) => pay(run, wallet)));

/** The chain has each payment; the answer is lost, and so is what it says of the hash afterwards. */
async function timedOut(run: Run): Promise<number> {
  const endpoints = [run.stage.rpc, run.stage.witness];
  const lied = endpoints.map((lying) =>
    lying.lie(run.wallets.length, { kind: 'drop' }, (call) => {
      if (!isSending(call)) return false;
      const { hash } = Transaction.from(String(call.params[0]));
      lying.lie(1, { kind: 'say', result: null }, asksFor(hash ?? undefined));
      return true;
    }),
  );
  await payAll(run);
  for (const lying of endpoints) lying.repent();
  return Math.min(...lied.map((count) => count()));
}

/** Branches are given up while payments are on their way: what they held is gone. */
async function reorganised(run: Run): Promise<number> {
  const over = new AbortController();
  let reorgs = 0;
  const reorganise = async (): Promise<void> => {
    while (!over.signal.aborted && reorgs < run.wallets.length) {
      await pause(run.draw(`reorg pause ${run.number}/${reorgs}`, BLOCK_MS * 6));
      const depth = 1 + run.draw(`reorg ${run.number}/${reorgs}`, REORG_DEPTH_MAX);
      await rpc(run.stage.chain.url, 'anvil_reorg', depth, []);
      run.sample('reorganisation', { depth });
      reorgs += 1;
    }
  };
  const reorganising = reorganise();
  await payAll(run);
  over.abort();
  await reorganising;
  return reorgs;
}

/** No block comes, and of half of the payments the chain forgets that it ever had them. */
async function stuck(run: Run): Promise<number> {
  const { chain } = run.stage;
  run.isMining = false;
  await rpc(chain.url, 'evm_setAutomine', false);
  const sent = new Set<string>();
  const paying = payAll(run);
  const began = performance.now();
  while (sent.size < run.wallets.length && performance.now() - began < PATIENCE_MS / 4) {
    const pool = (await rpc(chain.url, 'txpool_content')) as {
      readonly pending: Readonly<Record<string, Readonly<Record<string, { hash: string }>>>>;
    };
    for (const of of Object.values(pool.pending)) {
      for (const { hash } of Object.values(of)) sent.add(hash);
    }
    await pause(LOOK_AGAIN_MS);
  }
  for (const [index, hash] of [...sent].entries()) {
    if (index % 2 === 0) await rpc(chain.url, 'anvil_dropTransaction', hash);
  }
  await rpc(chain.url, 'evm_setAutomine', true);
  run.isMining = true;
  await paying;
  return sent.size;
}

const TROUBLES: Readonly<Record<Trouble, (run: Run) => Promise<number>>> = {
  'timed-out': timedOut,
  reorgs: reorganised,
  stuck,
  lies: oneLiar,
};

/** Whatever was called CONFIRMED is on the chain, and each payment is there once. */
async function requireOnce({ stage, ordered, breaks, wallets }: Run): Promise<number> {
  const { chain } = stage;
  const rows = await stage.psql<{ readonly id: string; readonly hash: string | null }>(
    `select t.id, c.mined_hash as hash from transfers t join chain_transactions c on c.transfer_id = t.id
     where t.state = 'CONFIRMED'`,
  );
  let untrue = 0;
  for (const { id, hash } of rows) {
    if ((await rpc(chain.url, 'eth_getTransactionReceipt', hash)) !== null) continue;
    untrue += 1;
    breaks.push(`${id} is CONFIRMED, and no block has ${hash}`);
  }
  for (const { address } of wallets) {
    const sent = Number(await rpc(chain.url, 'eth_getTransactionCount', address, 'latest'));
    const own = ordered.filter(({ wallet }) => wallet.address === address).length;
    if (sent !== own) breaks.push(`${address} sent ${sent} for ${own} payments`);
  }
  const paid = BigInt(String(await rpc(chain.url, 'eth_getBalance', PAYEE, 'latest')));
  const due = ordered.reduce((sum, { units }) => sum + units, 0n);
  if (paid !== due) breaks.push(`the payee has ${paid} wei, and ${due} were ordered`);
  return untrue;
}

export async function lyingChain(setting: Setting): Promise<Findings> {
  const { slices } = SIZES[setting.profile];
  const { counts, breaks } = await playSlices(setting, slices, (slice) =>
    playTroubles(setting, slice),
  );
  return { figures: counts, breaks };
}

async function playTroubles(setting: Setting, slice: number): Promise<Slice> {
  const { profile, seed, tell, sample } = setting;
  const { each, wallets: count } = SIZES[profile];
  const stage = await openAcceptPlatform('lying-chain', 'sepolia', tell);
  try {
    const policy = { limit: '1,000,000,000', approvalAbove: '1,000,000' };
    const firm = await foundFirm(stage, 'sepolia', policy);
    const wallets: Wallet[] = [];
    for (let each = 1; each <= count; each += 1)
      wallets.push(await firm.openWallet(`Wallet ${each}`));
    const calls = { made: 0, unanswered: 0 };
    const common = { sample, stage, firm, wallets, calls, draw: drawFrom(`${seed}/${slice}`) };
    const lists = { ordered: [], breaks: [] };
    const run: Run = { ...common, ...lists, number: 0, trouble: '', isMining: true };
    const stopMining = mine(run);
    const counts: Record<string, number> = {};
    try {
      for (const [name, wanted] of Object.entries(each) as readonly [Trouble, number][]) {
        run.trouble = name;
        let met = 0;
        for (let rounds = 0; met < wanted && rounds * count < 3 * wanted; rounds += 1) {
          met += await TROUBLES[name](run);
          tell(`${name}: ${met} of ${wanted}`);
        }
        counts[name] = met;
        if (met < wanted) run.breaks.push(`only ${met} of ${wanted} ${name} came about`);
      }
    } finally {
      await stopMining();
      firm.close();
    }
    const untrue = await requireOnce(run);
    return {
      counts: { ...counts, transfers: run.ordered.length, 'false-confirmed': untrue },
      breaks: run.breaks,
    };
  } finally {
    await stage.close();
  }
}
