/** A policy that changes while a transfer waits in the queue is asked before anything is signed. */
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { lockApprovalOf, votesOf } from '#persistence/approval.ts';
import { lockTransfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { adoptDecision } from './adopt-decision.ts';
import { appendApprovalEvent, openApproval, reopenApproval } from './open-approval.ts';
import { gatherPrices } from './decide-transfer.ts';
import { evaluate, type Evaluation, type Subject } from './evaluate.ts';
import { policyInForce } from './policy-in-force.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

/**
 * Whether the queued transfer was decided by the policy in force. If not, it is decided anew and
 * the outcome recorded; a job is sent where it goes on.
 */
export async function requirePresentPolicy(
  services: Services,
  transfer: TransferRow,
): Promise<boolean> {
  const { organization } = transfer;
  const db = reader(services.db);
  const present = await policyInForce(db, organization, services.clock.now());
  if (present.hash === transfer.policyHash) return true;
  const prices = await gatherPrices(services, transfer.asset);
  await transaction(services.db, async (tx) => {
    const wallet = await lockWallet(tx, organization, transfer.wallet);
    const locked = await lockTransfer(tx, transfer.id);
    if (wallet === null || locked.state !== 'QUEUED') return;
    const approval = await lockApprovalOf(tx, transfer.id);
    const votes = await votesOf(tx, transfer.id);
    const subject: Subject = { transfer: locked, wallet, approval, votes };
    await applyEvaluation(services, tx, subject, await evaluate(services, tx, subject, prices));
  });
  return false;
}

async function applyEvaluation(
  services: Services,
  tx: Tx,
  subject: Subject,
  evaluation: Evaluation,
): Promise<void> {
  const { transfer, approval } = subject;
  await adoptDecision(services, tx, transfer, evaluation);
  if (evaluation.outcome === 'CLEAR') {
    await tx.flush();
    await services.jobs.send(tx, { name: 'advance-transfer', transfer: transfer.id });
  }
  if (evaluation.outcome !== 'OPEN') return;
  const opened =
    approval === null
      ? openApproval(services, tx, transfer, evaluation)
      : reopenApproval(services, approval, transfer, evaluation);
  await moveTransfer(services, tx, transfer, {
    event: 'APPROVAL_REQUIRED',
    actor: 'system',
    detail: { decision: { ...evaluation.record } },
  });
  await appendApprovalEvent(services, tx, opened, transfer, 'approval.requested');
}
