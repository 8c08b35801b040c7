/** Cancelling and reading transfers. */
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { nextState, type TransferState } from '#core/transfer-state.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { activityOf, parseIntent, type SpendingActivity } from '#mandate/intent.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { lockApprovalOf } from '#persistence/approval.ts';
import { AuditEntry, type AuditEntryRow } from '#persistence/audit.ts';
import { reader, transaction } from '#persistence/database.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { findPayment, type Payment } from '#persistence/fee-raise.ts';
import { findTransfer, lockTransfer, Transfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { appendApprovalEvent, subjectOfTransfer } from '#identity/open-approval.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

/**
 * Withdraws a transfer that is not yet being signed. Cancelling twice returns the cancelled
 * transfer.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, VERSION_CONFLICT when it is too late
 */
export async function cancelTransfer(
  services: Services,
  actor: Actor,
  id: string,
): Promise<TransferRow> {
  await requireAction(services, actor, 'cancelTransfer');
  const transferId = parseId('transfer', id, 'transferId');
  return transaction(services.db, async (tx) => {
    const found = await findTransfer(tx, actor.organization, transferId);
    if (found === null) throw new PlatformError('NOT_FOUND', { field: 'transferId' });
    await lockWallet(tx, actor.organization, found.wallet);
    const transfer = await lockTransfer(tx, transferId);
    if (transfer.state === 'CANCELLED') return transfer;
    if (nextState(transfer.state, 'CANCEL_REQUESTED') === undefined) {
      const reason = `the transfer is ${transfer.state} and can no longer be cancelled`;
      throw new PlatformError('VERSION_CONFLICT', { state: transfer.state, reason });
    }
    const approval = await lockApprovalOf(tx, { transfer: transferId });
    const isOpen = approval?.state === 'OPEN';
    if (isOpen) {
      approval.state = 'CANCELLED';
      approval.closedAt = services.clock.now();
    }
    await moveTransfer(services, tx, transfer, { event: 'CANCEL_REQUESTED', actor: actor.user });
    if (isOpen)
      await appendApprovalEvent(
        services,
        tx,
        approval,
        subjectOfTransfer(transfer),
        'approval.updated',
      );
    return transfer;
  });
}

/** What it is, as its signed intent says. */
export const activityOfTransfer = ({ intent }: Pick<TransferRow, 'intent'>): SpendingActivity =>
  activityOf(parseIntent(intent));

export type TransferFilter = {
  readonly walletId?: string | null;
  readonly states?: readonly TransferState[] | null;
};

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listTransfers(
  services: Services,
  actor: Actor,
  filter: TransferFilter,
  page: PageRequest,
): Promise<Page<TransferRow>> {
  requirePermission(actor, 'transfers:read');
  const where = {
    organization: actor.organization,
    ...(filter.walletId ? { wallet: parseId('wallet', filter.walletId, 'walletId') } : {}),
    ...(filter.states ? { state: { $in: [...filter.states] } } : {}),
  };
  return findPage(reader(services.db), Transfer, where, 'id', page);
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readTransfer(
  services: Services,
  actor: Actor,
  id: string,
): Promise<TransferRow> {
  requirePermission(actor, 'transfers:read');
  const transferId = parseId('transfer', id);
  const transfer = await findTransfer(reader(services.db), actor.organization, transferId);
  if (transfer === null) throw new PlatformError('NOT_FOUND', { field: 'id' });
  return transfer;
}

/** What the chain knows of it; undefined before its draft. @throws FORBIDDEN */
export async function readTransaction(
  services: Services,
  actor: Actor,
  { id, organization }: TransferRow,
): Promise<Payment | undefined> {
  requirePermission(actor, 'transfers:read');
  if (organization !== actor.organization) return undefined;
  return findPayment(reader(services.db), id);
}

/** Its audit entries, oldest first: one for each step. @throws FORBIDDEN */
export async function readTimeline(
  services: Services,
  actor: Actor,
  transfer: TransferRow,
): Promise<readonly AuditEntryRow[]> {
  requirePermission(actor, 'transfers:read');
  const where = { organization: actor.organization, subject: transfer.id };
  return reader(services.db).find(AuditEntry, where, { orderBy: { sequence: 'asc' } });
}
