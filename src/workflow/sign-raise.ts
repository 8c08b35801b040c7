/** The nodes sign a transaction with a higher fee, and its bytes are stored before anything is sent. */
import type { AuditDetail } from '#core/audit-entry.ts';
import { instant } from '#core/time.ts';
import { record } from '#identity/services.ts';
import { transaction } from '#persistence/database.ts';
import { FeeRaise, type FeeRaiseRow, type Payment } from '#persistence/fee-raise.ts';
import { dateReservation } from '#persistence/ledger.ts';
import { type EndReason, lockTransfer, type TransferRow } from '#persistence/transfer.ts';
import type { Services } from './services.ts';
import { askNodes, seal, signatureDetail, type Signed } from './sign-transfer.ts';
import { appendTransferEvent, LEASE_MS } from './transition.ts';

/** What came of it: columns of its row, and what the audit log says. */
type Outcome = {
  readonly change: Partial<FeeRaiseRow>;
  readonly action: 'transfer.sped-up' | 'transfer.speed-up-refused';
  readonly detail: AuditDetail;
};

/**
 * Asks for the same signature until there is one or the nodes refuse it for good. Then the transfer goes
 * on with what it had: the payment that was sent before is as good as it was.
 * @throws as `signTransfer`
 */
export async function signRaise(
  services: Services,
  transfer: TransferRow,
  payment: Payment,
  raise: FeeRaiseRow,
): Promise<void> {
  const answer = await askNodes(services, transfer, raise.unsigned);
  const now = services.clock.now();
  const { change, action, detail } =
    'refusal' in answer ? refusedBy(answer.refusal) : signedBy(payment, raise, answer);
  await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'BROADCAST') return;
    const { ordinal } = raise;
    const stored = await tx.findOneOrFail(FeeRaise, { transfer: transfer.id, ordinal });
    // Another worker was first: only its bytes are sent.
    if (stored.raw || stored.refusal) return;
    Object.assign(stored, change);
    if (change.raw) {
      stored.signedAt = now;
      // What leaves once more counts from now on, as it does at the nodes.
      await dateReservation(tx, transfer.id, now);
    }
    locked.waiting = null;
    locked.attempts = 0;
    locked.updatedAt = now;
    locked.dueAt = instant(now + LEASE_MS);
    await services.jobs.send(tx, { name: 'advance-transfer', transfer: transfer.id });
    await record(services, tx, {
      organization: transfer.organization,
      actor: 'system',
      action,
      subject: transfer.id,
      detail: { replacement: ordinal, nonce: payment.first.nonce.toString(), ...detail },
    });
    await appendTransferEvent(tx, locked);
  });
}

const refusedBy = (refusal: EndReason): Outcome => ({
  change: { refusal },
  action: 'transfer.speed-up-refused',
  detail: { reason: { ...refusal } },
});

function signedBy(
  { first, versions }: Payment,
  { unsigned, feeMax }: FeeRaiseRow,
  { signatures, receipts }: Signed,
): Outcome {
  const { raw, hash } = seal(first, unsigned, signatures);
  return {
    change: { raw, hash, receipts },
    action: 'transfer.sped-up',
    detail: {
      hash,
      replaces: versions.flatMap((version) => version.hash ?? []),
      feeMax: feeMax.toString(),
      signatures: signatures.map(signatureDetail),
    },
  };
}
