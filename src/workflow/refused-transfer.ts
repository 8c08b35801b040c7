/**
 * A FAILED transfer whose signature the nodes refused for good. An earlier try may have made one all
 * the same, and a corrupted node may have kept it. It stays valid until the chain executes another
 * transaction with that sequence number; until then the amount counts against limits, unless enough nodes
 * give their word that no share of it has left them, nor will.
 */
import type { MinedTransaction, TransactionStatus } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { equalBytes } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { instant } from '#core/time.ts';
import { record } from '#identity/services.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { FeeRaise } from '#persistence/fee-raise.ts';
import { dateReservation, releaseReservation } from '#persistence/ledger.ts';
import {
  ChainTransaction,
  type ChainTransactionRow,
  insertMark,
  lockAccount,
} from '#persistence/transaction.ts';
import { lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { Wallet } from '#persistence/wallet.ts';
import { requireSameHistory } from './chain-history.ts';
import { isSamePayment } from './foreign-signature.ts';
import type { Services } from './services.ts';
import { mandateOf } from './sign-transfer.ts';
import { appendTransferEvent } from './transition.ts';

type Included = Extract<TransactionStatus, { state: 'included' }>;
type Settled = { readonly found: MinedTransaction; readonly status: Included };

/** Nobody waits for the answer but the wallet's limit. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Asks the nodes to withdraw, and otherwise looks who used the sequence number. The amount is released where
 * nobody can sign the payment any more, or another transaction has its number, as deep in the chain as a
 * confirmed one; where it was this payment, people are told. Otherwise, also while nodes or chain do not
 * answer, it is looked at again.
 */
export async function watchRefused(services: Services, transfer: TransferRow): Promise<void> {
  const dueAt = instant(services.clock.now() + LOOK_AGAIN_MS);
  await transaction(services.db, (tx) =>
    tx.nativeUpdate(Transfer, { id: transfer.id, dueAt: { $ne: null } }, { dueAt }),
  );
  const draft = await reader(services.db).findOneOrFail(ChainTransaction, {
    transfer: transfer.id,
  });
  try {
    if (await isWithdrawn(services, transfer, draft)) {
      await letGo(services, transfer, draft);
      return;
    }
    const settled = await findSettled(services, draft);
    if (settled !== undefined) await finish(services, transfer, draft, settled);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    services.log.warn({ error, transfer: transfer.id }, 'a refused transfer is looked at again');
  }
}

/** Whether the nodes have proved to each other that nobody can sign it any more. */
async function isWithdrawn(
  services: Services,
  transfer: TransferRow,
  { unsigned }: ChainTransactionRow,
): Promise<boolean> {
  const { key } = await reader(services.db).findOneOrFail(Wallet, { id: transfer.wallet });
  const mandate = await mandateOf(services, transfer, unsigned);
  try {
    return await services.cluster.release({ keyId: key, mandate });
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return false;
  }
}

async function letGo(
  services: Services,
  transfer: TransferRow,
  { nonce }: ChainTransactionRow,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (typeof locked.dueAt !== 'number') return;
    locked.dueAt = null;
    await releaseReservation(tx, transfer.id, services.clock.now());
    await record(services, tx, {
      organization: transfer.organization,
      actor: 'system',
      action: 'transfer.released',
      subject: transfer.id,
      detail: { nonce: nonce.toString(), withdrawn: true },
    });
  });
}

/** @throws CHAIN_UNAVAILABLE */
async function findSettled(
  services: Services,
  { network, address, nonce }: ChainTransactionRow,
): Promise<Settled | undefined> {
  await requireSameHistory(services, network);
  const connection = services.chains.connection(network);
  const found = await connection.transactionWith(address, nonce);
  if (found === undefined) return undefined;
  const status = await connection.status(found.hash);
  if (status.state !== 'included') return undefined;
  if (status.confirmations < findNetwork(network).confirmations) return undefined;
  // The chain could have been replaced while it was asked: its history is compared once more.
  await requireSameHistory(services, network);
  return { found, status };
}

async function finish(
  services: Services,
  transfer: TransferRow,
  draft: ChainTransactionRow,
  { found, status }: Settled,
): Promise<void> {
  const { block, blockHash, feePaid } = status;
  const isPaid = await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (typeof locked.dueAt !== 'number') return false;
    await lockAccount(tx, draft.network, draft.address);
    const now = services.clock.now();
    const wasPaid = await isOwnPayment(tx, draft, found);
    locked.dueAt = null;
    await insertMark(tx, {
      network: draft.network,
      height: block,
      hash: blockHash,
      markedAt: now,
    });
    if (wasPaid) {
      const stored = await tx.findOneOrFail(ChainTransaction, { transfer: transfer.id });
      const { hash } = found;
      Object.assign(stored, { hash, minedHash: hash, block, blockHash, feePaid, confirmedAt: now });
    }
    const moved = wasPaid && status.succeeded;
    if (moved) await dateReservation(tx, transfer.id, now);
    else await releaseReservation(tx, transfer.id, now);
    await record(services, tx, {
      organization: transfer.organization,
      actor: 'system',
      action: moved ? 'transfer.paid-after-refusal' : 'transfer.released',
      subject: transfer.id,
      detail: { hash: found.hash, nonce: draft.nonce.toString(), block: block.toString() },
    });
    if (!moved) return false;
    locked.reason = { code: 'PAID_AFTER_REFUSAL', message: paidMessage(found, status) };
    locked.updatedAt = now;
    await appendTransferEvent(tx, locked);
    return true;
  });
  if (!isPaid) return;
  const fields = { transfer: transfer.id, hash: found.hash };
  services.log.error(fields, 'a transfer was paid that the signer nodes had refused');
}

const paidMessage = ({ hash }: MinedTransaction, { block }: Included): string =>
  `The signer nodes refused in the end, but somebody kept a signature of an earlier try: the ` +
  `payment was executed as ${hash} in block ${block}. Do not pay it again.`;

/**
 * Two drafts of equal payments with one sequence number are the same bytes, and the chain executes
 * them once. The payment then is the other transfer's, which is still followed.
 */
async function isOwnPayment(
  tx: Tx,
  draft: ChainTransactionRow,
  found: MinedTransaction,
): Promise<boolean> {
  if (!isSamePayment(found, draft)) return false;
  const { network, address, nonce } = draft;
  const others = await tx.find(ChainTransaction, {
    network,
    address,
    nonce,
    transfer: { $ne: draft.transfer },
  });
  const raises = await tx.find(FeeRaise, { transfer: others.map(({ transfer }) => transfer) });
  const equal = [...others, ...raises].filter(({ unsigned }) =>
    equalBytes(unsigned, draft.unsigned),
  );
  if (equal.some(({ hash }) => hash === found.hash)) return false;
  const ids = equal.map(({ transfer }) => transfer);
  return (await tx.count(Transfer, { id: ids, state: ['SIGNING', 'BROADCAST'] })) === 0;
}
