/** One person's vote, on whatever waits for it: a transfer or a change of authority. */
import type { AuditDetail } from '#core/audit-entry.ts';
import { PlatformError } from '#core/errors.ts';
import { isId } from '#core/ids.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { freshId, record } from '#identity/services.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { type ApprovalRow, findApproval, Vote, type VoteRow } from '#persistence/approval.ts';
import { reader, type Tx } from '#persistence/database.ts';
import type { DecisionRequest } from './inputs.ts';
import type { Services } from './services.ts';

/** Everybody may try to decide about a change; not so about payments. @throws FORBIDDEN */
export async function requireMayDecide(
  services: Services,
  actor: Actor,
  approvalId: string,
): Promise<void> {
  const found = isId('approval', approvalId)
    ? await findApproval(reader(services.db), actor.organization, approvalId)
    : null;
  const isOfChange = typeof found?.change === 'string';
  await requireAction(services, actor, isOfChange ? 'decideChange' : 'decideApproval');
}

/** Once each, and only while it is open. @throws APPROVAL_DUPLICATE, APPROVAL_CLOSED */
export function requireOpen(
  services: Services,
  actor: Actor,
  approval: ApprovalRow,
  votes: readonly VoteRow[],
): void {
  if (votes.some(({ user }) => user === actor.user)) throw new PlatformError('APPROVAL_DUPLICATE');
  const isOver = approval.expiresAt <= services.clock.now();
  if (approval.state !== 'OPEN' || isOver) {
    const state = approval.state === 'OPEN' ? 'EXPIRED' : approval.state;
    throw new PlatformError('APPROVAL_CLOSED', { reason: `it is ${state.toLowerCase()}` });
  }
}

export async function castVote(
  services: Services,
  tx: Tx,
  actor: Actor,
  approval: ApprovalRow,
  vote: { readonly request: DecisionRequest; readonly statement: SignedStatement },
): Promise<void> {
  const { decision, reason } = vote.request;
  tx.create(Vote, {
    id: freshId(services, 'vote'),
    organization: approval.organization,
    approval: approval.id,
    user: actor.user,
    decision,
    reason,
    statement: vote.statement,
    createdAt: services.clock.now(),
  });
  await tx.flush();
}

export function closeApproval(
  services: Services,
  approval: ApprovalRow,
  state: Exclude<ApprovalRow['state'], 'OPEN'>,
): void {
  approval.state = state;
  approval.closedAt = services.clock.now();
}

export const recordVote = (
  services: Services,
  tx: Tx,
  actor: Actor,
  approval: ApprovalRow,
  detail: { readonly decision: string; readonly reason: string; readonly evidence: string },
): Promise<void> => {
  const { transfer, change, state } = approval;
  const about: AuditDetail = typeof change === 'string' ? { change } : { transfer: transfer ?? '' };
  return record(services, tx, {
    organization: approval.organization,
    actor: actor.user,
    action: 'approval.voted',
    subject: approval.id,
    detail: { ...detail, ...about, state },
  });
};
