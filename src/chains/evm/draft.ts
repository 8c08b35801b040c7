/**
 * Makes the unsigned transaction of a transfer or an allowance from what the chain said. Pure: `rpc.ts` asks, this
 * decides, and nothing is drafted that could not be paid or that costs more than the cap.
 */
import type { Asset, DraftRequest, Network } from '#chains/adapter.ts';
import { nativeAsset } from '#chains/registry.ts';
import type { Bytes } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { formatDecimal } from '#core/money.ts';
import { parseAddress } from './address.ts';
import { approveCall, transferCall } from './explain.ts';
import { encodeUnsigned } from './transaction.ts';

/** Fees in wei per gas, balances in base units with pending transactions counted. */
export type ChainFacts = {
  /** EIP-1559 base fee of the latest block. */
  readonly baseFeePerGas: bigint;
  readonly tipPerGas: bigint;
  /** What the call would use now, or that the chain would not execute it. */
  readonly gas: bigint | 'reverts';
  readonly nativeBalance: bigint;
  /** The same as `nativeBalance` where the native asset is sent. */
  readonly assetBalance: bigint;
};

export type Call = { readonly to: string; readonly value: bigint; readonly data: Bytes };

/** A plain transfer between accounts costs exactly this much gas. */
const PLAIN_TRANSFER_GAS = 21_000n;

/** What the transaction carries. @throws INVALID_INPUT for a bad recipient or a transfer of nothing */
export function callOf(request: DraftRequest): Call {
  const { kind = 'transfer', to, asset, units } = request;
  const recipient = parseAddress(to, 'to');
  if (kind === 'allowance') return approval(asset, recipient, units);
  if (units <= 0n) throw invalidInput('amount', 'not above zero', 'Send at least one base unit.');
  const { contract } = asset;
  if (contract === undefined) return { to: recipient, value: units, data: new Uint8Array(0) };
  if (recipient === contract) {
    const hint = 'Tokens sent there are lost. Give the address of a person.';
    throw invalidInput('to', `the contract of ${asset.symbol} itself`, hint);
  }
  return { to: contract, value: 0n, data: transferCall(recipient, units) };
}

function approval({ contract, symbol }: Asset, spender: string, units: bigint): Call {
  if (contract !== undefined) return { to: contract, value: 0n, data: approveCall(spender, units) };
  const hint = 'Allowances are of tokens.';
  throw invalidInput('asset', `${symbol} is no token, so nobody can be allowed to take it`, hint);
}

/** @throws INSUFFICIENT_FUNDS */
export function requireFunds(asset: Asset, available: bigint, needed: bigint, what: string): void {
  if (available >= needed) return;
  const amount = (units: bigint): string =>
    `${formatDecimal(units, asset.decimals)} ${asset.symbol}`;
  throw new PlatformError('INSUFFICIENT_FUNDS', {
    asset: asset.id,
    available: available.toString(),
    needed: needed.toString(),
    reason: `${what} takes ${amount(needed)}, and the wallet holds ${amount(available)}`,
  });
}

/** The estimate, with a quarter more where a contract runs: its cost moves with its state. */
function gasLimitOf(gas: ChainFacts['gas'], { kind = 'transfer', asset }: DraftRequest): bigint {
  if (gas !== 'reverts') return gas === PLAIN_TRANSFER_GAS ? gas : (gas * 5n) / 4n;
  const reason =
    kind === 'transfer'
      ? `the recipient cannot be paid: the chain refuses the transfer of ${asset.symbol}`
      : `the spender cannot be allowed: the chain refuses the allowance of ${asset.symbol}`;
  throw invalidInput('to', reason, 'Check the recipient with the issuer of the asset.');
}

/** The most that the next block may ask: one eighth more (EIP-1559). */
export const nextBaseFee = (baseFeePerGas: bigint): bigint => (baseFeePerGas * 9n + 7n) / 8n;

/** `needed` and `cap` in base units of the native asset. */
export function capTooLow(native: Asset, needed: bigint, cap: bigint): PlatformError {
  const show = (units: bigint): string => formatDecimal(units, native.decimals);
  return new PlatformError('INVALID_INPUT', {
    field: 'maxFee',
    reason: `the network asks ${show(needed)} ${native.symbol}, the cap is ${show(cap)}`,
    hint: 'Raise the cap, or wait until the network is less busy.',
    needed: needed.toString(),
  });
}

type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/**
 * Twice the base fee and the tip, so that six full blocks in a row do not outrun the offer; less
 * where the cap demands it, but never less than the next block may ask.
 */
function feesOf(facts: ChainFacts, gasLimit: bigint, cap: bigint, native: Asset): Fees {
  const { baseFeePerGas, tipPerGas } = facts;
  const wanted = 2n * baseFeePerGas + tipPerGas;
  const least = nextBaseFee(baseFeePerGas) + tipPerGas;
  const affordable = cap / gasLimit;
  if (affordable < least) throw capTooLow(native, least * gasLimit, cap);
  const maxFeePerGas = affordable < wanted ? affordable : wanted;
  return { maxFeePerGas, maxPriorityFeePerGas: tipPerGas };
}

/**
 * The unsigned bytes. An allowance may be of more than the wallet holds.
 * @throws INVALID_INPUT when the fee would exceed the cap or the recipient cannot be paid
 * @throws INSUFFICIENT_FUNDS for the amount, or for amount and fee together
 */
export function draftCall(network: Network, request: DraftRequest, facts: ChainFacts): Bytes {
  const { kind = 'transfer', asset, units, nonce } = request;
  const call = callOf(request);
  if (kind === 'transfer') requireFunds(asset, facts.assetBalance, units, 'the transfer');
  const gasLimit = gasLimitOf(facts.gas, request);
  const native = nativeAsset(network);
  const cap = request.feeMax ?? network.feeMaxDefault;
  const fees = feesOf(facts, gasLimit, cap, native);
  const total = call.value + gasLimit * fees.maxFeePerGas;
  requireFunds(native, facts.nativeBalance, total, `the ${kind} with its fee`);
  return encodeUnsigned({ chainId: network.chainId, nonce, gasLimit, ...fees, ...call });
}
