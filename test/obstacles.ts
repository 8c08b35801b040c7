/**
 * What holds a payment in one state for certain, until it is lifted: a call to the chain that is held,
 * signer nodes that stand still, a chain that makes no blocks.
 */
import { Transaction } from 'ethers';
import type { Wallet } from '#sdk/types.ts';
import type { RpcCall, Side } from './chain-gate.ts';
import { rpc } from '#testing/chain-rpc.ts';
import { freeze } from './frozen.ts';
import type { System } from './system.ts';

export type Obstacle = {
  /** Resolves when a payment has come up against it. */
  readonly reached: Promise<void>;
  /** May be called again. */
  lift(): Promise<void>;
};

export const QUEUED_PLACES = [
  'asking for its sequence number',
  'asking what it will cost',
  'behind another payment of its wallet',
] as const;
export type QueuedPlace = (typeof QUEUED_PLACES)[number];

export const BROADCAST_PLACES = [
  'not sent yet',
  'sent, and not answered',
  'sent, and in no block',
] as const;
export type BroadcastPlace = (typeof BROADCAST_PLACES)[number];

const isBy = (wallet: Wallet, address: unknown): boolean =>
  String(address).toLowerCase() === wallet.address?.toLowerCase();

function heldCall({ gate }: System, side: Side, matches: (call: RpcCall) => boolean): Obstacle {
  const { reached, release } = gate.hold(side, matches);
  return { reached, lift: async () => release() };
}

/** Keeps the wallet's next payment in QUEUED. A wallet whose payment is in SIGNING does so by itself. */
export function holdQueued(system: System, wallet: Wallet, place: QueuedPlace): Obstacle {
  switch (place) {
    case 'asking for its sequence number':
      return heldCall(
        system,
        'question',
        ({ method, params }) => method === 'eth_getTransactionCount' && isBy(wallet, params[0]),
      );
    case 'asking what it will cost':
      return heldCall(
        system,
        'answer',
        ({ method, params }) =>
          method === 'eth_estimateGas' && isBy(wallet, (params[0] as { from?: string }).from),
      );
    case 'behind another payment of its wallet':
      return { reached: Promise.resolve(), lift: async () => undefined };
    default:
      return place satisfies never;
  }
}

/** Keeps every payment that is not signed yet in SIGNING: one node is too few. */
export async function holdSigning(
  { platform }: System,
  parties: readonly number[],
): Promise<Obstacle> {
  const pids = parties.map((party) => platform.pids()[`signer-${party}`] as number);
  const frozen = await Promise.all(pids.map(freeze));
  return {
    reached: Promise.resolve(),
    lift: async () => void (await Promise.all(frozen.map((each) => each.thaw()))),
  };
}

/** Keeps the wallet's next payment in BROADCAST. */
export async function holdBroadcast(
  system: System,
  wallet: Wallet,
  place: BroadcastPlace,
): Promise<Obstacle> {
  const isItsSending = ({ method, params }: RpcCall): boolean =>
    method === 'eth_sendRawTransaction' && isBy(wallet, Transaction.from(String(params[0])).from);
  if (place === 'not sent yet') return heldCall(system, 'question', isItsSending);
  if (place === 'sent, and not answered') return heldCall(system, 'answer', isItsSending);
  const { url } = system.chain;
  await rpc(url, 'evm_setAutomine', false);
  const sending = system.gate.hold('answer', isItsSending);
  return {
    reached: sending.reached.then(sending.release),
    async lift() {
      sending.release();
      await rpc(url, 'evm_setAutomine', true);
      await rpc(url, 'evm_mine');
    },
  };
}
