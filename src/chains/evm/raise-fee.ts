/**
 * The same transaction with higher fees, which takes the place of one that no block holds. Pure:
 * `rpc.ts` asks the chain, this decides. Sequence number, gas, recipient, value and data stay.
 */
import type { FeeRaise, FeeRaiseRequest, Network } from '#chains/adapter.ts';
import { nativeAsset } from '#chains/registry.ts';
import { type ChainFacts, capTooLow, nextBaseFee, requireFunds } from './draft.ts';
import { decodeUnsigned, encodeUnsigned } from './transaction.ts';

/** Fees in wei per gas, the balance in wei as the latest block has it. */
export type FeeFacts = Pick<ChainFacts, 'baseFeePerGas' | 'tipPerGas' | 'nativeBalance'>;

/**
 * What a node that holds the first one asks of another with its number: a tenth more of each fee
 * (go-ethereum, `legacypool` PriceBump), and more in any case.
 */
export const raisedFee = (fee: bigint): bigint => {
  const tenthMore = (fee * 11n + 9n) / 10n;
  return tenthMore > fee ? tenthMore : fee + 1n;
};

const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * A tenth more of both fees, or what a new payment would offer now where that is more; less where
 * the cap demands it, but never less than what takes the other's place in the next block.
 * @throws INVALID_INPUT when that exceeds the cap, INSUFFICIENT_FUNDS, EVIDENCE_REJECTED
 */
export function raiseFee(
  network: Network,
  { unsigned, feeMax: cap }: FeeRaiseRequest,
  facts: FeeFacts,
): FeeRaise {
  const transaction = decodeUnsigned(unsigned, network.chainId);
  const { gasLimit, value, maxFeePerGas: fee, maxPriorityFeePerGas: tip } = transaction;
  const { baseFeePerGas, tipPerGas, nativeBalance } = facts;
  const next = nextBaseFee(baseFeePerGas);
  const leastTip = raisedFee(tip);
  const least = higher(raisedFee(fee), next + leastTip);
  const affordable = cap / gasLimit;
  const native = nativeAsset(network);
  if (affordable < least) throw capTooLow(native, least * gasLimit, cap);
  const wantedTip = higher(leastTip, tipPerGas);
  const wanted = higher(least, 2n * baseFeePerGas + wantedTip);
  const maxFeePerGas = lower(affordable, wanted);
  const maxPriorityFeePerGas = lower(wantedTip, maxFeePerGas);
  const total = value + gasLimit * maxFeePerGas;
  requireFunds(native, nativeBalance, total, 'the transfer with its raised fee');
  return {
    unsigned: encodeUnsigned({ ...transaction, maxFeePerGas, maxPriorityFeePerGas }),
    isOutbid: next + tip > fee || tipPerGas > tip,
  };
}
