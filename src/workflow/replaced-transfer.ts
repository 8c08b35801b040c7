/**
 * A transfer whose sequence number went to another transaction of the same account: one that was
 * signed by an installation restored from an old copy, or wherever else the same key is used.
 */
import type { TransactionStatus } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { transaction } from '#persistence/database.ts';
import type { Payment } from '#persistence/fee-raise.ts';
import {
  ChainTransaction,
  type ChainTransactionRow,
  insertMark,
} from '#persistence/transaction.ts';
import { lockTransfer, type TransferRow } from '#persistence/transfer.ts';
import { requireSameHistory } from './chain-history.ts';
import { adoptSignature, isSamePayment } from './foreign-signature.ts';
import type { Services } from './services.ts';
import { letGoOfAccount } from './sign-transfer.ts';
import { moveTransfer } from './transition.ts';

type Included = Extract<TransactionStatus, { state: 'included' }>;

/**
 * Looks at the transaction that took the number. Where it is this very payment under another
 * signature, with whichever of its fees, that one is followed. Otherwise the transfer ends as REPLACED, once it can no longer
 * confirm: the other is known, is signed by the account, and lies as deep in the chain as a confirmed
 * one, while the chain knows nothing of the transfer's own ones. Whatever is less may still change.
 * @returns whether a step was taken; otherwise it is to be looked at again
 * @throws CHAIN_UNAVAILABLE
 */
export async function followNumber(
  services: Services,
  transfer: TransferRow,
  { first: sent, versions }: Payment,
): Promise<boolean> {
  const connection = services.chains.connection(transfer.network);
  const isKnown = typeof sent.replacedBy === 'string';
  const found = isKnown ? undefined : await connection.transactionWith(sent.address, sent.nonce);
  const own = found && versions.find((version) => isSamePayment(found, version));
  if (found !== undefined && own !== undefined) {
    if (found.hash === own.hash) return false;
    await adoptSignature(services, transfer, found, own.ordinal);
    return true;
  }
  // Remembered at once, because endpoints forget which block an old number was used in.
  if (found !== undefined) await remember(services, sent, found.hash);
  const other = sent.replacedBy ?? found?.hash;
  if (typeof other !== 'string') return false;
  const status = await connection.status(other);
  if (status.state !== 'included') {
    // The chain took it back; the number may be free again, or go to a third one.
    await remember(services, sent, null);
    return false;
  }
  if (status.confirmations < findNetwork(transfer.network).confirmations) return false;
  for (const { hash } of versions) {
    if (typeof hash !== 'string') continue;
    if ((await connection.status(hash)).state !== 'unknown') return false;
  }
  // The chain could have been replaced while it was asked: its history is compared once more.
  await requireSameHistory(services, transfer.network);
  await finish(services, transfer, sent, other, status);
  return true;
}

async function remember(
  services: Services,
  { transfer }: ChainTransactionRow,
  replacedBy: string | null,
): Promise<void> {
  await transaction(services.db, (tx) =>
    tx.nativeUpdate(ChainTransaction, { transfer }, { replacedBy }),
  );
}

async function finish(
  services: Services,
  transfer: TransferRow,
  sent: ChainTransactionRow,
  other: string,
  { block, blockHash }: Included,
): Promise<void> {
  const { hash, nonce } = sent;
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'BROADCAST') return;
    await letGoOfAccount(services, tx, transfer, sent);
    const markedAt = services.clock.now();
    await insertMark(tx, { network: transfer.network, height: block, hash: blockHash, markedAt });
    const message =
      `Another transaction of this wallet, ${other}, took its sequence number ${nonce} in block ` +
      `${block}. This one can no longer be executed. Look at the other before you pay again.`;
    await moveTransfer(services, tx, locked, {
      event: 'REPLACED_ON_CHAIN',
      actor: 'system',
      detail: {
        hash: hash ?? '',
        nonce: nonce.toString(),
        replacedBy: other,
        block: block.toString(),
        blockHash,
      },
      reason: { code: 'REPLACED', message },
    });
  });
}
