/** Asking for an approval, and telling the people who may give it. */
import { DAY_MS, type Instant, instant } from '#core/time.ts';
import { freshId } from '#identity/services.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { Approval, type ApprovalRow } from '#persistence/approval.ts';
import type { Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import type { Services } from './services.ts';

/** Where no rule sets an expiry. */
const EXPIRY_DEFAULT_MS = 3 * DAY_MS;

/** What is asked for, and the policy that asks: that one is what the votes will bind. */
export type Asked = {
  readonly requirement: ApprovalRequirement;
  readonly policy: { readonly hash: string; readonly version: number };
};

/** Announce it after the transfer has moved. */
export function openApproval(
  services: Services,
  tx: Tx,
  transfer: TransferRow,
  { requirement, policy }: Asked,
): ApprovalRow {
  const createdAt = services.clock.now();
  return tx.create(Approval, {
    id: freshId(services, 'approval'),
    organization: transfer.organization,
    transfer: transfer.id,
    state: 'OPEN',
    requirement,
    intentHash: transfer.intentHash,
    policyHash: policy.hash,
    policyVersion: policy.version,
    createdAt,
    expiresAt: expiryOf(createdAt, transfer, requirement),
  });
}

/**
 * The policy asks for more than it did. The votes so far stay, each under the policy that it was
 * signed under; those that are needed yet are signed under the present one.
 */
export function reopenApproval(
  services: Services,
  approval: ApprovalRow,
  transfer: TransferRow,
  { requirement, policy }: Asked,
): ApprovalRow {
  askFor(approval, { requirement, policy });
  approval.state = 'OPEN';
  approval.closedAt = null;
  approval.expiresAt = expiryOf(services.clock.now(), transfer, requirement);
  return approval;
}

/** What is needed yet, and the policy that the votes to come are signed under. */
export function askFor(approval: ApprovalRow, { requirement, policy }: Asked): void {
  approval.requirement = requirement;
  approval.policyHash = policy.hash;
  approval.policyVersion = policy.version;
}

/** An approval never outlives the intent that it is for. */
function expiryOf(from: Instant, transfer: TransferRow, requirement: ApprovalRequirement): Instant {
  const after = requirement.expiresAfterMs ?? EXPIRY_DEFAULT_MS;
  return instant(Math.min(from + after, transfer.expiresAt));
}

/** Tells subscribers: `approval.requested` where it was opened, `approval.updated` afterwards. */
export async function appendApprovalEvent(
  services: Services,
  tx: Tx,
  approval: ApprovalRow,
  transfer: TransferRow,
  type: 'approval.requested' | 'approval.updated',
): Promise<void> {
  await tx.flush();
  await appendEvent(tx, {
    organization: approval.organization,
    type,
    subject: approval.id,
    wallet: transfer.wallet,
    at: services.clock.now(),
    payload: { state: approval.state, transfer: transfer.id, version: approval.version },
  });
}
