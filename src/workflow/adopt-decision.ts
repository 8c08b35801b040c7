/** A new decision about a transfer takes the place of the one before. */
import type { Tx } from '#persistence/database.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import type { Evaluation } from './evaluate.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

/**
 * Writes the decision into the transfer that the caller has locked. One that blocks ends it; one
 * that asks for nothing more brings its policy into force for the transfer, which the caller moves.
 */
export async function adoptDecision(
  services: Services,
  tx: Tx,
  transfer: TransferRow,
  evaluation: Evaluation,
): Promise<void> {
  const { record, policy, outcome } = evaluation;
  transfer.decision = record;
  if (outcome === 'BLOCKED') {
    await moveTransfer(services, tx, transfer, {
      event: 'POLICY_BLOCKED',
      actor: 'system',
      reason: evaluation.reason,
      detail: { decision: { ...record } },
    });
  }
  if (outcome === 'CLEAR') {
    transfer.policyHash = policy.hash;
    transfer.policyVersion = policy.version;
  }
}
