/** Asking for an approval, and telling the people who may give it. */
import type { OrganizationId } from '#core/ids.ts';
import { DAY_MS, type Instant, instant } from '#core/time.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { Approval, type ApprovalOf, type ApprovalRow } from '#persistence/approval.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import type { Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import { type IdentityServices, freshId } from './services.ts';

/** Where no rule sets an expiry. */
const EXPIRY_DEFAULT_MS = 3 * DAY_MS;

/** What is asked for, and the policy that asks: that one is what the votes will bind. */
export type Asked = {
  readonly requirement: ApprovalRequirement;
  readonly policy: { readonly hash: string; readonly version: number };
};

/** What waits for an approval. `hash` is what each vote binds: of the intent, or of the change. */
export type ApprovalSubject = {
  readonly organization: OrganizationId;
  readonly about: ApprovalOf;
  readonly hash: string;
  readonly expiresAt: Instant;
  readonly wallet?: string;
};

export const subjectOfTransfer = (transfer: TransferRow): ApprovalSubject => ({
  organization: transfer.organization,
  about: { transfer: transfer.id },
  hash: transfer.intentHash,
  expiresAt: transfer.expiresAt,
  wallet: transfer.wallet,
});

export const subjectOfChange = (change: ChangeRequestRow): ApprovalSubject => ({
  organization: change.organization,
  about: { change: change.id },
  hash: change.hash,
  expiresAt: change.expiresAt,
});

/** Announce it after its subject has moved. */
export function openApproval(
  services: IdentityServices,
  tx: Tx,
  subject: ApprovalSubject,
  { requirement, policy }: Asked,
): ApprovalRow {
  const createdAt = services.clock.now();
  return tx.create(Approval, {
    id: freshId(services, 'approval'),
    organization: subject.organization,
    transfer: null,
    change: null,
    ...subject.about,
    state: 'OPEN',
    requirement,
    intentHash: subject.hash,
    policyHash: policy.hash,
    policyVersion: policy.version,
    createdAt,
    expiresAt: approvalExpiry(createdAt, subject, requirement),
  });
}

/**
 * The policy asks for more than it did. The votes so far stay, each under the policy that it was
 * signed under; those that are needed yet are signed under the present one.
 */
export function reopenApproval(
  services: IdentityServices,
  approval: ApprovalRow,
  subject: ApprovalSubject,
  { requirement, policy }: Asked,
): ApprovalRow {
  askFor(approval, { requirement, policy });
  approval.state = 'OPEN';
  approval.closedAt = null;
  approval.expiresAt = approvalExpiry(services.clock.now(), subject, requirement);
  return approval;
}

/** What is needed yet, and the policy that the votes to come are signed under. */
export function askFor(approval: ApprovalRow, { requirement, policy }: Asked): void {
  approval.requirement = requirement;
  approval.policyHash = policy.hash;
  approval.policyVersion = policy.version;
}

/** An approval never outlives what it is for. */
function approvalExpiry(
  from: Instant,
  { expiresAt }: Pick<ApprovalSubject, 'expiresAt'>,
  requirement: ApprovalRequirement,
): Instant {
  const after = requirement.expiresAfterMs ?? EXPIRY_DEFAULT_MS;
  return instant(Math.min(from + after, expiresAt));
}

/** Tells subscribers: `approval.requested` where it was opened, `approval.updated` afterwards. */
export async function appendApprovalEvent(
  services: IdentityServices,
  tx: Tx,
  approval: ApprovalRow,
  { about, wallet }: ApprovalSubject,
  type: 'approval.requested' | 'approval.updated',
): Promise<void> {
  await tx.flush();
  await appendEvent(tx, {
    organization: approval.organization,
    type,
    subject: approval.id,
    ...(wallet === undefined ? {} : { wallet }),
    at: services.clock.now(),
    payload: { state: approval.state, ...about, version: approval.version },
  });
}
