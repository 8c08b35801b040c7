/**
 * BROADCAST: the stored bytes are sent, again and again if need be, until the chain has decided.
 */
import type { TransactionStatus } from '#chains/adapter.ts';
import { isPlatformError } from '#core/errors.ts';
import { findNetwork } from '#chains/registry.ts';
import { instant } from '#core/time.ts';
import { reader, transaction } from '#persistence/database.ts';
import {
  ChainTransaction,
  type ChainTransactionRow,
  insertMark,
} from '#persistence/transaction.ts';
import { lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { requireSameHistory } from './chain-history.ts';
import { followNumber } from './replaced-transfer.ts';
import type { Services } from './services.ts';
import { letGoOfAccount } from './sign-transfer.ts';
import { moveTransfer } from './transition.ts';

type Included = Extract<TransactionStatus, { state: 'included' }>;

/** A fast chain answers within these; a slow one is asked again by later jobs. */
const FIRST_POLLS_MS = [0, 10, 20, 40, 80, 160, 320];
const POLL_MS = 2_000;

/**
 * Nodes have many words for a used sequence number, and one of them is that the wallet is empty. So
 * after any refusal the chain is asked who used it.
 * @throws CHAIN_UNAVAILABLE, INSUFFICIENT_FUNDS, VERSION_CONFLICT, and in each case tries again
 */
export async function settleTransfer(services: Services, transfer: TransferRow): Promise<void> {
  const db = reader(services.db);
  const sent = await db.findOneOrFail(ChainTransaction, { transfer: transfer.id });
  const { raw, hash } = sent;
  if (!raw || !hash) throw new Error(`transfer ${transfer.id} is in BROADCAST without its bytes`);
  const connection = services.chains.connection(transfer.network);
  const { confirmations } = findNetwork(transfer.network);
  await requireSameHistory(services, transfer.network);
  try {
    await connection.broadcast({ raw, hash });
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    if (await followNumber(services, transfer, sent, hash)) return;
    throw error;
  }
  for (const delayMs of FIRST_POLLS_MS) {
    if (delayMs > 0) await services.clock.sleep(delayMs);
    const status = await connection.status(hash);
    if (status.state === 'included' && status.confirmations >= confirmations) {
      // The chain could have been replaced while it was asked: its history is compared once more.
      await requireSameHistory(services, transfer.network);
      await finish(services, transfer, sent, status);
      return;
    }
  }
  await lookAgainLater(services, transfer);
}

async function finish(
  services: Services,
  transfer: TransferRow,
  sent: ChainTransactionRow,
  status: Included,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'BROADCAST') return;
    await letGoOfAccount(services, tx, transfer, sent);
    const now = services.clock.now();
    const stored = await tx.findOneOrFail(ChainTransaction, { transfer: transfer.id });
    stored.block = status.block;
    stored.blockHash = status.blockHash;
    stored.feePaid = status.feePaid;
    stored.confirmedAt = now;
    const mark = { height: status.block, hash: status.blockHash, markedAt: now };
    await insertMark(tx, { network: transfer.network, ...mark });
    const detail = {
      hash: sent.hash ?? '',
      block: status.block.toString(),
      blockHash: status.blockHash,
      feePaid: status.feePaid.toString(),
    };
    const reverted = {
      code: 'REVERTED',
      message:
        'The network included the transaction but refused to execute it. Only the fee was paid.',
    };
    await moveTransfer(services, tx, locked, {
      event: status.succeeded ? 'CONFIRMED_ON_CHAIN' : 'REVERTED_ON_CHAIN',
      actor: 'system',
      detail,
      ...(status.succeeded ? {} : { reason: reverted }),
    });
  });
}

/** Nothing is in the way: the network only needs its time. */
async function lookAgainLater(services: Services, transfer: TransferRow): Promise<void> {
  const dueAt = instant(services.clock.now() + POLL_MS);
  await transaction(services.db, (tx) =>
    tx.nativeUpdate(Transfer, { id: transfer.id, state: 'BROADCAST' }, { dueAt }),
  );
}
