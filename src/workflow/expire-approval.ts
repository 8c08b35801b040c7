/** An approval that nobody completed in time ends its transfer. */
import type { TransferId } from '#core/ids.ts';
import { record } from '#identity/services.ts';
import { Approval, lockApprovalOf } from '#persistence/approval.ts';
import { reader, transaction } from '#persistence/database.ts';
import { lockTransfer, Transfer } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { appendApprovalEvent } from './open-approval.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

const BATCH = 100;

/** Ends every approval whose time has run out; each in its own transaction. */
export async function expireApprovals(services: Services): Promise<void> {
  const due = { state: 'OPEN', expiresAt: { $lte: services.clock.now() } } as const;
  const orderBy = { expiresAt: 'asc' } as const;
  const approvals = await reader(services.db).find(Approval, due, { orderBy, limit: BATCH });
  for (const { transfer } of approvals) await expireApproval(services, transfer);
}

async function expireApproval(services: Services, id: TransferId): Promise<void> {
  await transaction(services.db, async (tx) => {
    const { organization, wallet } = await tx.findOneOrFail(Transfer, { id });
    await lockWallet(tx, organization, wallet);
    const transfer = await lockTransfer(tx, id);
    const approval = await lockApprovalOf(tx, id);
    const now = services.clock.now();
    if (approval?.state !== 'OPEN' || approval.expiresAt > now) return;
    approval.state = 'EXPIRED';
    approval.closedAt = now;
    await record(services, tx, {
      organization,
      actor: 'system',
      action: 'approval.expired',
      subject: approval.id,
      detail: { transfer: id },
    });
    const message = 'Nobody completed the approval in time.';
    await moveTransfer(services, tx, transfer, {
      event: 'APPROVAL_EXPIRED',
      actor: 'system',
      reason: { code: 'APPROVAL_EXPIRED', message },
    });
    await appendApprovalEvent(services, tx, approval, transfer, 'approval.updated');
  });
}
