/** PENDING_POLICY: the policy cannot decide before an input is there that its provider works on. */
import { PlatformError } from '#core/errors.ts';
import { MINUTE_MS } from '#core/time.ts';
import { holdAuthority } from '#persistence/authority.ts';
import { transaction, type Tx } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { lockTransfer, type TransferRow } from '#persistence/transfer.ts';
import { lockWallet } from '#persistence/wallet.ts';
import { adoptDecision } from './adopt-decision.ts';
import { evaluate, type Evaluation, inputsAbout } from './evaluate.ts';
import { gatherInputs } from './gather-inputs.ts';
import { appendApprovalEvent, openApproval, subjectOfTransfer } from '#identity/open-approval.ts';
import type { Services } from './services.ts';
import { moveTransfer } from './transition.ts';

/** After so long a provider that is still at it counts as one that has failed. */
export const SCREENING_WAIT_MAX_MS = 10 * MINUTE_MS;

/**
 * Asks for the input again, and decides once it is there.
 * @throws SCREENING_UNAVAILABLE while the provider is still at it
 */
export async function decideAwaited(services: Services, { id, ...row }: TransferRow) {
  const inputs = await inputsAbout(services, { id, ...row }, gatherInputs);
  const waitedMs = services.clock.now() - row.createdAt;
  if (inputs.screening?.status === 'pending' && waitedMs < SCREENING_WAIT_MAX_MS) {
    throw new PlatformError('SCREENING_UNAVAILABLE');
  }
  await transaction(services.db, async (tx) => {
    await holdAuthority(tx, row.organization);
    const wallet = await lockWallet(tx, row.organization, row.wallet);
    const transfer = await lockTransfer(tx, id);
    if (wallet === null || transfer.state !== 'PENDING_POLICY') return;
    const subject = { transfer, wallet, approval: null, votes: [] };
    const evaluation = await evaluate(services, tx, subject, inputs);
    await tx.nativeUpdate(Reservation, { transfer: id }, { facts: evaluation.facts });
    await applyFirst(services, tx, transfer, evaluation);
  });
}

async function applyFirst(
  services: Services,
  tx: Tx,
  transfer: TransferRow,
  evaluation: Evaluation,
): Promise<void> {
  await adoptDecision(services, tx, transfer, evaluation);
  if (evaluation.outcome === 'BLOCKED') return;
  const approval =
    evaluation.outcome === 'OPEN'
      ? openApproval(services, tx, subjectOfTransfer(transfer), evaluation)
      : undefined;
  await moveTransfer(services, tx, transfer, {
    event: approval === undefined ? 'POLICY_ALLOWED' : 'APPROVAL_REQUIRED',
    actor: 'system',
    detail: { decision: { ...evaluation.record } },
  });
  if (approval)
    await appendApprovalEvent(
      services,
      tx,
      approval,
      subjectOfTransfer(transfer),
      'approval.requested',
    );
}
