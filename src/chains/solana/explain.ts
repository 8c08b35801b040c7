/**
 * What a payment's message does, read from its bytes. Everything but a transfer of SOL, or of a token
 * that the registry lists, is refused: what cannot be explained is not signed.
 */
import type { Asset, Explanation, Network } from '#chains/adapter.ts';
import { nativeAsset, tokenAt } from '#chains/registry.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import type { Money } from '#core/money.ts';
import { type Payment, decodePayment } from './payment.ts';
import { SIGNATURE_FEE, TOKEN_ACCOUNT_BYTES, rentExempt } from './programs.ts';
import { refuse } from './refusal.ts';
import { SET_UP_COST, requireSetUp } from './set-up.ts';

/** What the recipient's token account costs where it is created, in lamports. */
export const TOKEN_ACCOUNT_COST = rentExempt(TOKEN_ACCOUNT_BYTES);
const PRICE_SCALE = 1_000_000n;

/** The fee of the transaction in lamports, without what creating an account costs. */
export const transactionFee = (computeUnits: number, unitPrice: bigint): bigint =>
  SIGNATURE_FEE + (BigInt(computeUnits) * unitPrice + PRICE_SCALE - 1n) / PRICE_SCALE;

/** The most that the payment can cost beside its amount, in lamports. */
export const feeMaxOf = ({ computeUnits, unitPrice, token }: Payment): bigint =>
  transactionFee(computeUnits, unitPrice) + (token?.createsAccount ? TOKEN_ACCOUNT_COST : 0n);

function assetOf(network: Network, { token }: Payment): Asset {
  if (token === undefined) return nativeAsset(network);
  const asset = tokenAt(network, token.mint) ?? refuse(`moves ${token.mint}, no registered token`);
  if (asset.decimals === token.decimals) return asset;
  return refuse(`${asset.symbol} has ${asset.decimals} decimals, not ${token.decimals}`);
}

function requirePayer(payer: string, from: string): void {
  if (payer !== from) refuse(`sent by ${payer}, not by ${from}`);
}

/** @throws EVIDENCE_REJECTED with the reason */
export function explain(network: Network, unsigned: Bytes, from: string): Explanation {
  const payment = decodePayment(unsigned);
  requirePayer(payment.from, from);
  const { to, units, nonce, computeUnits, unitPrice, token, memo } = payment;
  return {
    network: network.id,
    effects: [{ kind: 'transfer', asset: assetOf(network, payment).id, from, to, units }],
    feeMax: { asset: network.native, units: feeMaxOf(payment) },
    nonce: BigInt(`0x${hex(nonce)}`),
    memo,
    parameters: {
      computeUnits: BigInt(computeUnits),
      unitPrice,
      createsAccount: token?.createsAccount ? 1n : 0n,
    },
  };
}

/** @throws EVIDENCE_REJECTED unless the bytes set up the durable nonce of `from`, and nothing else */
export function explainSetUp(network: Network, unsigned: Bytes, from: string): Money {
  requirePayer(requireSetUp(unsigned).from, from);
  return { asset: network.native, units: SET_UP_COST };
}
