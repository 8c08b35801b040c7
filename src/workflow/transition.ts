/**
 * How a transfer changes: its state, the audit entry, the event, the reservation and the next job
 * in one transaction, or nothing at all. No other code writes `transfer.state`.
 */
import { type PlatformError, isPlatformError } from '#core/errors.ts';
import type { TransferId, UserId, WalletId } from '#core/ids.ts';
import { formatInstant, instant } from '#core/time.ts';
import {
  countsAgainstLimits,
  isFinal,
  nextState,
  type TransferEvent,
  type TransferState,
} from '#core/transfer-state.ts';
import { record } from '#identity/services.ts';
import type { AuditDetail } from '#core/audit-entry.ts';
import { transaction, type Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import { dateReservation, releaseReservation } from '#persistence/ledger.ts';
import { type EndReason, lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import type { Services } from './services.ts';

/**
 * How long a job may leave a row alone before the sweeper sends another. A worker that is still at
 * work extends it, so it only runs out where the worker is gone or the job was lost.
 */
export const LEASE_MS = 3_000;

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 4_000;

/** Doubles with each failed try, up to four seconds. */
export const retryDelayMs = (attempts: number): number =>
  Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempts, 10));

/** States in which a job has the next step; in the others people act, or nobody. */
const WORKED: readonly TransferState[] = ['QUEUED', 'SIGNING', 'BROADCAST'];

export type Move = {
  readonly event: TransferEvent;
  readonly actor: UserId | 'system';
  /** Goes into the audit entry beside the states. */
  readonly detail?: AuditDetail;
  /** Why it ended without its payment. */
  readonly reason?: EndReason;
  /** It ends, but may still be paid: its amount stays reserved, and a job watches the chain. */
  readonly mayStillBePaid?: true;
};

/**
 * Moves a transfer that the caller has locked. Everything else that the transaction changes must be
 * locked before, because the organisation's log is locked from here on.
 */
export async function moveTransfer(
  services: Services,
  tx: Tx,
  transfer: TransferRow,
  move: Move,
): Promise<void> {
  const now = services.clock.now();
  const from = transfer.state;
  const to = nextState(from, move.event);
  if (to === undefined) throw new Error(`${move.event} is not legal in ${from}`);
  transfer.state = to;
  transfer.reason = move.reason ?? null;
  transfer.waiting = null;
  transfer.attempts = 0;
  transfer.updatedAt = now;
  const isWorked = WORKED.includes(to) || move.mayStillBePaid === true;
  transfer.dueAt = isWorked ? instant(now + LEASE_MS) : null;
  if (!countsAgainstLimits(to) && !isWorked) await releaseReservation(tx, transfer.id, now);
  // What waited for days and leaves now is a part of what leaves today.
  if (move.event === 'SIGNED') await dateReservation(tx, transfer.id, now);
  if (WORKED.includes(to)) {
    await services.jobs.send(tx, { name: 'advance-transfer', transfer: transfer.id });
  }
  await record(services, tx, {
    organization: transfer.organization,
    actor: move.actor,
    action: `transfer.${to.toLowerCase()}`,
    subject: transfer.id,
    detail: {
      ...move.detail,
      from,
      event: move.event,
      ...(move.reason === undefined ? {} : { reason: { ...move.reason } }),
    },
  });
  await appendTransferEvent(tx, transfer);
}

/** Tells subscribers what the transfer looks like now. */
export async function appendTransferEvent(tx: Tx, transfer: TransferRow): Promise<void> {
  await tx.flush();
  await appendEvent(tx, {
    organization: transfer.organization,
    type: 'transfer.updated',
    subject: transfer.id,
    wallet: transfer.wallet,
    at: transfer.updatedAt,
    payload: {
      state: transfer.state,
      isFinal: isFinal(transfer.state),
      version: transfer.version,
      waiting: transfer.waiting ? { ...transfer.waiting } : null,
      reason: transfer.reason ? { ...transfer.reason } : null,
    },
  });
}

/**
 * Notes what is in the way and when to try again; the state stays. People are told when the reason
 * changes, not at each try.
 */
export async function postponeTransfer(
  services: Services,
  id: TransferId,
  state: TransferState,
  error: unknown,
): Promise<void> {
  const { code, message } = reasonOf(error);
  await transaction(services.db, async (tx) => {
    const transfer = await lockTransfer(tx, id);
    if (transfer.state !== state) return;
    const now = services.clock.now();
    const isNew = transfer.waiting?.code !== code || transfer.waiting.message !== message;
    transfer.dueAt = instant(now + retryDelayMs(transfer.attempts));
    transfer.attempts += 1;
    if (!isNew) return;
    const since = transfer.waiting?.code === code ? transfer.waiting.since : formatInstant(now);
    transfer.waiting = { code, message, since };
    transfer.updatedAt = now;
    await appendTransferEvent(tx, transfer);
  });
}

/** Nothing is in the way any longer, although the queued transfer's turn has not come yet. */
export async function stopWaiting(services: Services, id: TransferId): Promise<void> {
  await transaction(services.db, async (tx) => {
    const transfer = await lockTransfer(tx, id);
    if (transfer.state !== 'QUEUED' || transfer.waiting === null) return;
    transfer.waiting = null;
    transfer.attempts = 0;
    transfer.updatedAt = services.clock.now();
    await appendTransferEvent(tx, transfer);
  });
}

/** A coded error's own words; anything else is INTERNAL, and its words stay in the log. */
export function reasonOf(error: unknown): Pick<PlatformError, 'code' | 'message'> {
  if (isPlatformError(error)) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: 'Something went wrong on our side. It is tried again.' };
}

/** The account of this wallet is free: the transfer that has waited longest goes on. */
export async function wakeNextOf(
  services: Services,
  tx: Tx,
  wallet: WalletId,
  except: TransferId,
): Promise<void> {
  const queued = { wallet, state: 'QUEUED', id: { $ne: except } } as const;
  const next = await tx.findOne(Transfer, queued, { orderBy: { id: 'asc' } });
  if (next === null) return;
  await services.jobs.send(tx, { name: 'advance-transfer', transfer: next.id });
}
