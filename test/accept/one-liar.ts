/**
 * Of two endpoints one lies, consistently: about balances, about what was included and how it ended, about
 * its chain, its head and its branch. While it does, no payment comes to an end that the chain does not
 * have; once it repents, each is confirmed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Transaction } from 'ethers';
import type { RpcCall } from '#test/chain-gate.ts';
import { rpc } from '#testing/chain-rpc.ts';
import { pay, type Run } from './lying-chain.ts';

type Fields = Readonly<Record<string, unknown>>;
type Lies = {
  /** Whether no block takes the payments while it lies. */
  readonly isStill?: true;
  /** Whether payments go on meanwhile, because the other endpoint is enough. */
  readonly isHarmless?: true;
  /** @returns how often it has lied so far about what a payment rests on */
  tell(run: Run): Promise<() => number>;
};

const ALWAYS = Number.MAX_SAFE_INTEGER;
const PAYERS = 4;
/** Before the liar repents, on average. */
const LIES_EACH = 2;
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 50;
/** Deep enough to be final. */
const DEPTH = 20;
const OTHER_HASH = `0x${'5a'.repeat(32)}`;

const asks =
  (...methods: readonly string[]) =>
  ({ method }: RpcCall): boolean =>
    methods.includes(method);
const asksFor = asks('eth_getTransactionReceipt');
const asksBlock = asks('eth_getBlockByNumber', 'eth_getBlockByHash');

/** The chain has none of them in a block, and the liar shows each in a genuine one, long ago. */
async function showIncluded({ stage }: Run, status: '0x0' | '0x1') {
  const head = Number(await rpc(stage.chain.url, 'eth_blockNumber'));
  const number = `0x${(head - DEPTH).toString(16)}`;
  const block = (await rpc(stage.chain.url, 'eth_getBlockByNumber', number, false)) as Fields;
  const sent = new Set<unknown>();
  const receiptOf = (hash: unknown): Fields => ({
    transactionHash: hash,
    transactionIndex: '0x0',
    blockHash: block['hash'],
    blockNumber: number,
    from: `0x${'11'.repeat(20)}`,
    to: `0x${'22'.repeat(20)}`,
    gasUsed: '0x5208',
    cumulativeGasUsed: '0x5208',
    effectiveGasPrice: '0x1',
    contractAddress: null,
    logs: [],
    logsBloom: `0x${'00'.repeat(256)}`,
    type: '0x2',
    status,
  });
  const show = (_: unknown, { params }: RpcCall): Fields => receiptOf(params[0]);
  const list = (truth: unknown): unknown => {
    const told = truth as Fields | null;
    return told?.['number'] === number ? { ...told, transactions: [...sent] } : told;
  };
  const { rpc: liar } = stage;
  liar.lie(ALWAYS, { kind: 'alter', change: list }, asksBlock);
  return liar.lie(ALWAYS, { kind: 'alter', change: show }, (call) => {
    if (call.method === 'eth_sendRawTransaction') {
      sent.add(Transaction.from(String(call.params[0])).hash);
    }
    return asksFor(call);
  });
}

const altered = (change: Fields) => (truth: unknown) =>
  truth === null ? null : { ...(truth as Fields), ...change };

const LIES: Readonly<Record<string, Lies>> = {
  'a success that is none': { isStill: true, tell: (run) => showIncluded(run, '0x1') },
  'a failure that is none': {
    async tell({ stage }) {
      const failed = altered({ status: '0x0' });
      return stage.rpc.lie(ALWAYS, { kind: 'alter', change: failed }, asksFor);
    },
  },
  'another chain': {
    async tell({ stage }) {
      return stage.rpc.lie(ALWAYS, { kind: 'say', result: '0x1' }, asks('eth_chainId'));
    },
  },
  'a stale head': {
    async tell({ stage }) {
      const { chain, rpc: liar } = stage;
      const head = await rpc(chain.url, 'eth_blockNumber');
      const past = (_: unknown, { params }: RpcCall) =>
        rpc(chain.url, 'eth_getTransactionCount', params[0], head);
      liar.lie(ALWAYS, { kind: 'say', result: head }, asks('eth_blockNumber'));
      liar.lie(ALWAYS, { kind: 'alter', change: past }, asks('eth_getTransactionCount'));
      return liar.lie(ALWAYS, { kind: 'say', result: null }, asksFor);
    },
  },
  'another branch': {
    async tell({ stage }) {
      const branch = { kind: 'alter', change: altered({ blockHash: OTHER_HASH }) } as const;
      stage.rpc.lie(ALWAYS, branch, asksFor);
      const other = altered({ hash: OTHER_HASH });
      return stage.rpc.lie(ALWAYS, { kind: 'alter', change: other }, asksBlock);
    },
  },
  'false balances': {
    isHarmless: true,
    async tell({ stage }) {
      return stage.rpc.lie(ALWAYS, { kind: 'say', result: '0x0' }, asks('eth_getBalance'));
    },
  },
};

/** Each lie meets a payment of each of some wallets. @returns how many payments met one */
export async function oneLiar(run: Run): Promise<number> {
  let met = 0;
  for (const [name, lies] of Object.entries(LIES)) met += await meet(run, name, lies);
  return met;
}

async function meet(run: Run, name: string, lies: Lies): Promise<number> {
  const { chain, rpc: liar } = run.stage;
  const first = run.ordered.length;
  await still(run, lies.isStill === true);
  const told = await lies.tell(run);
  const paying = Promise.all(run.wallets.slice(0, PAYERS).map((wallet) => pay(run, wallet)));
  const began = performance.now();
  while (told() < PAYERS * LIES_EACH && performance.now() - began < PATIENCE_MS) {
    await pause(LOOK_AGAIN_MS);
  }
  const count = told();
  await judge(run, name, lies, first);
  liar.repent();
  await still(run, false);
  await paying;
  const height = Number(await rpc(chain.url, 'eth_blockNumber'));
  run.sample('lie', { lie: name, payments: PAYERS, told: count, height });
  return count < PAYERS * LIES_EACH ? 0 : PAYERS;
}

async function still(run: Run, isStill: boolean): Promise<void> {
  run.isMining = !isStill;
  await rpc(run.stage.chain.url, 'evm_setAutomine', !isStill);
}

/** While it lies nothing has come to an end that is not on the chain, nor been given up. */
async function judge(run: Run, name: string, lies: Lies, first: number): Promise<void> {
  const { stage, ordered, breaks } = run;
  const ids = ordered.slice(first).map(({ transfer }) => transfer);
  const rows = await stage.psql<{ readonly id: string; readonly state: string }>(
    'select id, state from transfers where id = any($1)',
    [ids],
  );
  for (const { id, state } of rows) {
    const isEnded = ['CONFIRMED', 'FAILED', 'REJECTED', 'REPLACED'].includes(state);
    const mayEnd = lies.isHarmless === true && state === 'CONFIRMED';
    if (isEnded && !mayEnd) breaks.push(`${id} is ${state} on the word of ${name}`);
  }
}
