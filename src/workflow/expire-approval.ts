/** An approval that nobody completed in time ends what waits for it. */
import type { ChangeId, TransferId } from '#core/ids.ts';
import { appendApprovalEvent, subjectOfTransfer } from '#identity/open-approval.ts';
import { record } from '#identity/services.ts';
import { Approval, lockApprovalOf } from '#persistence/approval.ts';
import { ChangeRequest } from '#persistence/change.ts';
import { reader, transaction } from '#persistence/database.ts';
import { lockTransfer, Transfer } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { closeApproval } from './cast-vote.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';
import { endWaiting, lockWaiting } from './vote-on-change.ts';

const BATCH = 100;
const MESSAGE = 'Nobody completed the approval in time.';

/** Ends every approval whose time has run out; each in its own transaction. */
export async function expireApprovals(services: Services): Promise<void> {
  const due = { state: 'OPEN', expiresAt: { $lte: services.clock.now() } } as const;
  const orderBy = { expiresAt: 'asc' } as const;
  const approvals = await reader(services.db).find(Approval, due, { orderBy, limit: BATCH });
  for (const { transfer, change } of approvals) {
    if (transfer) await expireTransfer(services, transfer);
    if (change) await expireChange(services, change);
  }
}

async function expireTransfer(services: Services, id: TransferId): Promise<void> {
  await transaction(services.db, async (tx) => {
    const { organization, wallet } = await tx.findOneOrFail(Transfer, { id });
    await lockWallet(tx, organization, wallet);
    const transfer = await lockTransfer(tx, id);
    const approval = await lockApprovalOf(tx, { transfer: id });
    if (approval?.state !== 'OPEN' || approval.expiresAt > services.clock.now()) return;
    closeApproval(services, approval, 'EXPIRED');
    await record(services, tx, {
      organization,
      actor: 'system',
      action: 'approval.expired',
      subject: approval.id,
      detail: { transfer: id },
    });
    await moveTransfer(services, tx, transfer, {
      event: 'APPROVAL_EXPIRED',
      actor: 'system',
      reason: { code: 'APPROVAL_EXPIRED', message: MESSAGE },
    });
    const subject = subjectOfTransfer(transfer);
    await appendApprovalEvent(services, tx, approval, subject, 'approval.updated');
  });
}

async function expireChange(services: Services, id: ChangeId): Promise<void> {
  await transaction(services.db, async (tx) => {
    const { organization } = await tx.findOneOrFail(ChangeRequest, { id });
    const waiting = await lockWaiting(tx, organization, id);
    const { state, expiresAt } = waiting.approval;
    if (state !== 'OPEN' || expiresAt > services.clock.now()) return;
    const reason = { code: 'APPROVAL_EXPIRED', message: MESSAGE };
    await endWaiting(services, tx, waiting, { event: 'TIMED_OUT', reason, actor: 'system' });
  });
}
