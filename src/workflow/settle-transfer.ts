/**
 * BROADCAST: the stored bytes are sent, again and again if need be, until the chain has decided. Where the
 * fee was raised there are several transactions, of which one at most can be executed: the newest is sent,
 * and all are looked for.
 */
import type { ChainConnection, SealedTransaction, TransactionStatus } from '#chains/adapter.ts';
import { isPlatformError, type PlatformError } from '#core/errors.ts';
import { findNetwork } from '#chains/registry.ts';
import { instant } from '#core/time.ts';
import { reader, transaction } from '#persistence/database.ts';
import {
  type FeeRaiseRow,
  type Payment,
  requirePayment,
  type Version,
} from '#persistence/fee-raise.ts';
import {
  ChainTransaction,
  type ChainTransactionRow,
  insertMark,
} from '#persistence/transaction.ts';
import { lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { requireSameHistory } from './chain-history.ts';
import { followNumber } from './replaced-transfer.ts';
import type { Services } from './services.ts';
import { signRaise } from './sign-raise.ts';
import { letGoOfAccount } from './sign-transfer.ts';
import { raiseIfStuck } from './stuck-transfer.ts';
import { moveTransfer } from './transition.ts';

type Included = Extract<TransactionStatus, { state: 'included' }>;

/** A fast chain answers within these; a slow one is asked again by later jobs. */
const FIRST_POLLS_MS = [0, 10, 20, 40, 80, 160, 320];
const POLL_MS = 2_000;

/**
 * Nodes have many words for a used sequence number, and one of them is that the wallet is empty. So
 * after any refusal the chain is asked who used it.
 * @throws CHAIN_UNAVAILABLE, INSUFFICIENT_FUNDS, VERSION_CONFLICT, and where a higher fee is to be signed
 *   what `signRaise` throws; in each case tries again
 */
export async function settleTransfer(services: Services, transfer: TransferRow): Promise<void> {
  const payment = await requirePayment(reader(services.db), transfer.id);
  const { first, raises, versions } = payment;
  const sent = sentOf(versions);
  const open = raises.find(({ raw, refusal }) => !raw && !refusal);
  const connection = services.chains.connection(transfer.network);
  const { confirmations } = findNetwork(transfer.network);
  await requireSameHistory(services, transfer.network);
  const goFaster = (): Promise<boolean> =>
    open === undefined
      ? raiseIfStuck(services, transfer, payment)
      : signUnlessIncluded(services, transfer, payment, open);
  try {
    await broadcast(connection, sent);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    if (await followNumber(services, transfer, payment)) return;
    // Endpoints may take nothing with a fee that was good when it was signed.
    if (await goFaster()) return;
    throw error;
  }
  // A fee that is to be raised does not wait for the next blocks.
  for (const delayMs of open === undefined ? FIRST_POLLS_MS : [0]) {
    if (delayMs > 0) await services.clock.sleep(delayMs);
    const found = await findIncluded(connection, sent);
    if (found !== undefined && found.status.confirmations >= confirmations) {
      // The chain could have been replaced while it was asked: its history is compared once more.
      await requireSameHistory(services, transfer.network);
      await finish(services, transfer, first, found);
      return;
    }
  }
  if (await goFaster()) return;
  await lookAgainLater(services, transfer);
}

/** What a block holds needs no higher fee, unless the chain takes it back. */
async function signUnlessIncluded(
  services: Services,
  transfer: TransferRow,
  payment: Payment,
  open: FeeRaiseRow,
): Promise<boolean> {
  const connection = services.chains.connection(transfer.network);
  if ((await findIncluded(connection, sentOf(payment.versions))) !== undefined) return false;
  await signRaise(services, transfer, payment, open);
  return true;
}

/** The transaction of it that a block holds. */
type Found = { readonly hash: string; readonly status: Included };

/** With the highest fee first. */
function sentOf(versions: readonly Version[]): readonly SealedTransaction[] {
  const sent = versions.flatMap(({ raw, hash }) => (raw && hash ? [{ raw, hash }] : []));
  if (sent.length === 0) throw new Error('a transfer is in BROADCAST without its bytes');
  return sent.toReversed();
}

const REFUSED: readonly PlatformError['code'][] = ['INSUFFICIENT_FUNDS', 'VERSION_CONFLICT'];

/**
 * The newest; where the chain refuses that, the one before it: an endpoint may still hold it, and take
 * no other, or the wallet can pay no more than that.
 * @throws CHAIN_UNAVAILABLE, and where all are refused what it says of the newest
 */
async function broadcast(
  connection: ChainConnection,
  sent: readonly SealedTransaction[],
): Promise<void> {
  let refusal: unknown;
  for (const version of sent) {
    try {
      await connection.broadcast(version);
      return;
    } catch (error) {
      if (!isPlatformError(error) || !REFUSED.includes(error.code)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** One at most is in a chain: they have one sequence number. */
async function findIncluded(
  connection: ChainConnection,
  sent: readonly SealedTransaction[],
): Promise<Found | undefined> {
  for (const { hash } of sent) {
    const status = await connection.status(hash);
    if (status.state === 'included') return { hash, status };
  }
  return undefined;
}

async function finish(
  services: Services,
  transfer: TransferRow,
  sent: ChainTransactionRow,
  { hash, status }: Found,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'BROADCAST') return;
    await letGoOfAccount(services, tx, transfer, sent);
    const now = services.clock.now();
    const stored = await tx.findOneOrFail(ChainTransaction, { transfer: transfer.id });
    stored.minedHash = hash;
    stored.block = status.block;
    stored.blockHash = status.blockHash;
    stored.feePaid = status.feePaid;
    stored.confirmedAt = now;
    const mark = { height: status.block, hash: status.blockHash, markedAt: now };
    await insertMark(tx, { network: transfer.network, ...mark });
    const detail = {
      hash,
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
