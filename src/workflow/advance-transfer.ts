/**
 * The job that carries a transfer from QUEUED to the chain. One run does one step and ends with one
 * transaction that changes the state and sends the next job, so it may be cut off anywhere and run
 * again: the draft is fixed once, signed bytes are stored before they are sent, and only stored
 * bytes are ever sent.
 */
import { isPlatformError, PlatformError, type ErrorCode } from '#core/errors.ts';
import type { TransferId } from '#core/ids.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { Bytes } from '#core/bytes.ts';
import { requireAuthority } from '#identity/authority.ts';
import { payableAsset, payableNetwork } from '#mandate/authority/assets.ts';
import { ALLOWANCE_DOMAIN, parseIntent } from '#mandate/intent.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import { holdAuthority } from '#persistence/authority.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import {
  ChainTransaction,
  lockAccount,
  NetworkAccount,
  type NetworkAccountRow,
} from '#persistence/transaction.ts';
import { lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { Wallet, type WalletRow } from '#persistence/wallet.ts';
import { networkOf } from './assets.ts';
import { decideAwaited } from './awaited-inputs.ts';
import { markLocalChain, requireSameHistory } from './chain-history.ts';
import { policyInForce } from './policy-in-force.ts';
import { requirePresentPolicy } from './reevaluate.ts';
import { watchRefused } from './refused-transfer.ts';
import { setUpAccount } from './set-up-account.ts';
import type { Services } from './services.ts';
import { settleTransfer } from './settle-transfer.ts';
import { signTransfer } from './sign-transfer.ts';
import { moveTransfer, postponeTransfer, stopWaiting } from './transition.ts';

/** Takes the transfer one step further. What is in the way is noted, and tried again later. */
export async function advanceTransfer(services: Services, id: TransferId): Promise<void> {
  const transfer = await reader(services.db).findOne(Transfer, { id });
  if (transfer === null) return;
  const { state } = transfer;
  try {
    if (state === 'PENDING_POLICY') await decideAwaited(services, transfer);
    if (state === 'QUEUED') await startSigning(services, transfer);
    if (state === 'SIGNING') await signTransfer(services, transfer);
    if (state === 'BROADCAST') await settleTransfer(services, transfer);
    if (state === 'FAILED' && transfer.dueAt) await watchRefused(services, transfer);
  } catch (error) {
    if (!isPlatformError(error))
      services.log.error({ error, transfer: id, state }, 'a step failed');
    await postponeTransfer(services, id, state, error);
  }
}

/** What no later try can change about a draft. */
const FINAL_FOR_DRAFT: readonly ErrorCode[] = [
  'INSUFFICIENT_FUNDS',
  'INVALID_INPUT',
  'EVIDENCE_REJECTED',
];

async function startSigning(services: Services, transfer: TransferRow): Promise<void> {
  const db = reader(services.db);
  const wallet = await db.findOneOrFail(Wallet, { id: transfer.wallet });
  const address = requireAddress(wallet);
  const account = await db.findOne(NetworkAccount, { network: transfer.network, address });
  // The transfer that holds the account wakes this one when it lets go.
  if (isHeldByOther(account, transfer.id)) {
    await tellWhatHolds(services, transfer, account.holder);
    return;
  }
  if (!(await requirePresentPolicy(services, transfer))) return;
  await requireSameHistory(services, transfer.network);
  await markLocalChain(services, findNetwork(transfer.network));
  let nonce: bigint;
  let unsigned: Bytes;
  try {
    await setUpAccount(services, transfer, wallet, address);
    nonce = await nextNonce(services, transfer, account, address);
    unsigned = await draft(services, transfer, address, nonce);
  } catch (error) {
    if (!isPlatformError(error) || !FINAL_FOR_DRAFT.includes(error.code)) throw error;
    await failBeforeSigning(services, transfer, error);
    return;
  }
  await fixDraft(services, transfer, { address, nonce, unsigned });
}

function requireAddress(wallet: WalletRow): string {
  if (typeof wallet.address === 'string') return wallet.address;
  throw new Error(`wallet ${wallet.id} has a transfer before it has an address`);
}

const isHeldByOther = (
  account: NetworkAccountRow | null,
  id: TransferId,
): account is NetworkAccountRow & { readonly holder: TransferId } =>
  typeof account?.holder === 'string' && account.holder !== id;

/**
 * What keeps the holder keeps this one too, and people who wait for it are told. A holder that is
 * not kept by anything is done in a moment, so there is nothing to tell.
 * @throws the code that the holder waits with
 */
async function tellWhatHolds(
  services: Services,
  { id }: TransferRow,
  holder: TransferId,
): Promise<void> {
  const { waiting } = await reader(services.db).findOneOrFail(Transfer, { id: holder });
  if (!waiting) return stopWaiting(services, id);
  const reason = `an earlier payment of this wallet, ${holder}, goes first and waits itself`;
  throw new PlatformError(waiting.code, { reason });
}

/**
 * Counted numbers: the higher of what the chain and the platform count, because the chain may not see
 * yet what was sent, and the key may have been used elsewhere. Chained ones only the chain knows.
 */
async function nextNonce(
  services: Services,
  transfer: TransferRow,
  account: NetworkAccountRow | null,
  address: string,
): Promise<bigint> {
  const onChain = await services.chains.connection(transfer.network).nextNonce(address);
  const own = account?.nextNonce ?? 0n;
  const isCounted = verbsOf(findNetwork(transfer.network)).nonces === 'counted';
  return isCounted && own > onChain ? own : onChain;
}

/** @throws EVIDENCE_REJECTED when the drafted bytes do not do what the intent says */
async function draft(
  services: Services,
  transfer: TransferRow,
  from: string,
  nonce: bigint,
): Promise<Bytes> {
  const state = await requireAuthority(reader(services.db), transfer.organization);
  const network = payableNetwork(state, transfer.network);
  const intent = parseIntent(transfer.intent);
  const unsigned = await services.chains.connection(transfer.network).draft({
    kind: intent.domain === ALLOWANCE_DOMAIN ? 'allowance' : 'transfer',
    from,
    to: transfer.recipient,
    asset: payableAsset(state, transfer.asset),
    units: transfer.units,
    nonce,
    memo: intent.memo,
    ...(typeof transfer.feeMax === 'bigint' ? { feeMax: transfer.feeMax } : {}),
  });
  const explanation = verbsOf(network).explain(network, unsigned, from);
  requireIntended(intent, explanation, { network, from });
  return unsigned;
}

type Draft = { readonly address: string; readonly nonce: bigint; readonly unsigned: Bytes };

/**
 * Gives the sequence number away and fixes the bytes, in the transaction of the step to SIGNING.
 * The account is held until the signed bytes are stored or the transfer has failed - where numbers are
 * chained, until this one is used: no later number is given out before, so no gap can arise.
 */
async function fixDraft(services: Services, transfer: TransferRow, draft: Draft): Promise<void> {
  const { address, nonce, unsigned } = draft;
  const network = await networkOf(reader(services.db), transfer.organization, transfer.network);
  const verbs = verbsOf(network);
  const { feeMax } = verbs.explain(network, unsigned, address);
  await transaction(services.db, async (tx) => {
    await holdAuthority(tx, transfer.organization);
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'QUEUED') return;
    const account = await lockAccount(tx, transfer.network, address);
    if (isHeldByOther(account, transfer.id)) return;
    // The chain was asked since the policy was: one that was published meanwhile decides first.
    const policy = await policyInForce(tx, locked.organization, services.clock.now());
    const isStale = locked.version !== transfer.version || policy.hash !== locked.policyHash;
    if (isStale || nonce < account.nextNonce) {
      await services.jobs.send(tx, { name: 'advance-transfer', transfer: transfer.id });
      return;
    }
    if (verbs.nonces === 'chained') await requireUnused(tx, transfer, draft);
    account.holder = transfer.id;
    tx.create(ChainTransaction, {
      transfer: transfer.id,
      network: transfer.network,
      address,
      nonce,
      unsigned,
      feeMax: feeMax.units,
      createdAt: services.clock.now(),
    });
    // A changed policy may have decided anew in the queue: the log has what the signing rests on.
    const detail = {
      nonce: nonce.toString(),
      feeMax: feeMax.units.toString(),
      policy: { hash: policy.hash, version: policy.version },
      decision: { ...locked.decision },
    };
    await moveTransfer(services, tx, locked, { event: 'SIGNING_STARTED', actor: 'system', detail });
  });
}

/**
 * An endpoint that lags names a number that an earlier payment has used. Bytes with it would be bound
 * to this intent for good, and could never be executed.
 * @throws CHAIN_UNAVAILABLE
 */
async function requireUnused(
  tx: Tx,
  { network }: TransferRow,
  { address, nonce }: Draft,
): Promise<void> {
  const used = await tx.count(ChainTransaction, { network, address, nonce, raw: { $ne: null } });
  if (used === 0) return;
  const reason = 'the endpoint does not know of the last payment of the wallet yet';
  throw new PlatformError('CHAIN_UNAVAILABLE', { network, reason });
}

/** Nothing was given out yet: only the reservation goes back. */
async function failBeforeSigning(
  services: Services,
  transfer: TransferRow,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'QUEUED') return;
    const reason = { code, message };
    await moveTransfer(services, tx, locked, {
      event: 'REFUSED_FOR_GOOD',
      actor: 'system',
      reason,
    });
  });
}
