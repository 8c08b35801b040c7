/** A payment that signer nodes accept, of an organisation of `organizations.ts`; a test may change every part. */
import { findAsset, findNetwork } from '#chains/registry.ts';
import { encodePermit } from '#chains/evm/permit.ts';
import { type Transaction, encodeUnsigned } from '#chains/evm/transaction.ts';
import { transferCall } from '#chains/evm/explain.ts';
import { LOCAL, SOL_PAYMENT } from '#chains/solana/fixtures.ts';
import { type Payment, encodePayment } from '#chains/solana/payment.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { SigningRequest } from '#cluster-client/request.ts';
import type { Bytes } from '#core/bytes.ts';
import { HOUR_MS, instant } from '#core/time.ts';
import { parseAssetId } from '#core/money.ts';
import { PAYMENT } from '#mandate/fixtures.ts';
import {
  type PermitIntentInput,
  permitIntent,
  type TransferIntentInput,
  transferIntent,
  unitsOf,
} from '#mandate/intent.ts';
import { OPEN_POLICY, signAsPayer } from './organizations.ts';

const USDC = findAsset(PAYMENT.asset);

/** The transaction that pays what the intent says, within its fee cap. */
export const paymentTransaction = (intent: TransferIntentInput): Transaction => ({
  chainId: findNetwork('local-evm').chainId,
  nonce: 0n,
  maxPriorityFeePerGas: 1_000_000_000n,
  maxFeePerGas: 20_000_000_000n,
  gasLimit: 70_000n,
  to: USDC.contract as string,
  value: 0n,
  data: transferCall(intent.recipient, intent.units),
});

/** 50,000 USDC on the local chain, by an intent that lives for an hour from now. */
export function paymentIntent(change: Partial<TransferIntentInput> = {}): TransferIntentInput {
  const created = instant(Date.now());
  return { ...PAYMENT, created, expires: instant(created + HOUR_MS), ...change };
}

export const requestFor = (
  intent: TransferIntentInput,
  transaction: Transaction = paymentTransaction(intent),
): SigningRequest => requestWith(intent, encodeUnsigned(transaction));

/** The same for the bytes of any network. */
export const requestWith = (intent: TransferIntentInput, unsigned: Bytes): SigningRequest => {
  const initiator = signAsPayer(transferIntent(intent));
  return { intent: initiator.statement, unsigned, initiator, policy: OPEN_POLICY, approvals: [] };
};

/** A permit of the wallet at this address: number 0, until its intent ends. */
export function permitRequest(
  owner: string,
  change: Partial<PermitIntentInput> = {},
): SigningRequest {
  const { created, expires, ...rest } = paymentIntent();
  const deadline = BigInt(Math.floor(expires / 1_000));
  const intent = permitIntent({ ...rest, created, expires, nonce: 0n, deadline, ...change });
  const initiator = signAsPayer(intent);
  const unsigned = encodePermit(findNetwork(intent.network), {
    asset: findAsset(intent.asset),
    owner,
    spender: intent.recipient,
    units: unitsOf(intent),
    nonce: BigInt(intent.nonce),
    deadline: BigInt(intent.deadline),
  });
  return { intent: initiator.statement, unsigned, initiator, policy: OPEN_POLICY, approvals: [] };
}

/**
 * A payment of SOL or of a token on the local chain, from the wallet with this key. Each number gives
 * another nonce and another external id.
 */
export function solanaRequest(
  publicKey: Bytes,
  number: number,
  payment: Payment = SOL_PAYMENT,
  change: Partial<TransferIntentInput> = {},
): SigningRequest {
  const from = verbsOf(LOCAL).address(publicKey);
  const nonce = new Uint8Array(32).fill(number);
  const intent = paymentIntent({
    asset: parseAssetId(payment.token === undefined ? 'SOL@local-solana' : 'USDC@local-solana'),
    units: payment.units,
    recipient: payment.to,
    memo: payment.memo,
    feeMax: LOCAL.feeMaxDefault,
    externalId: `solana-${number}`,
    ...change,
  });
  return requestWith(intent, encodePayment({ ...payment, from, nonce }));
}
