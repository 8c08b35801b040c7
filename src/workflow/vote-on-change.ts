/** A vote on a change of authority, and what it brings about: docs/adr/0024. */
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { ChangeId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { requireAuthority } from '#identity/authority.ts';
import { askedNow, endChange, enterApproved } from '#identity/change-request.ts';
import { appendApprovalEvent, askFor, subjectOfChange } from '#identity/open-approval.ts';
import { RefusedChange } from '#identity/refused-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { type AskedApprovals, isAsked } from '#mandate/authority/consent.ts';
import { requireSigner } from '#mandate/authority/signatures.ts';
import { type AuthorityState, isActivePerson } from '#mandate/authority/state.ts';
import { evidenceHash } from '#mandate/log-proof.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { type ApprovalRow, lockApprovalOf, type VoteRow, votesOf } from '#persistence/approval.ts';
import { lockAuthority } from '#persistence/authority.ts';
import { type ChangeRequestRow, lockChange } from '#persistence/change.ts';
import type { Tx } from '#persistence/database.ts';
import type { EndReason } from '#persistence/transfer.ts';
import { castVote, closeApproval, recordVote, requireOpen } from './cast-vote.ts';
import { effectOf } from './change-effects.ts';
import type { DecisionRequest } from './inputs.ts';
import type { Services } from './services.ts';

export type WaitingChange = {
  readonly change: ChangeRequestRow;
  readonly approval: ApprovalRow;
  readonly votes: readonly VoteRow[];
  readonly state: AuthorityState;
};

/** In the order of all locks: the authority log, the change, its approval. */
export async function lockWaiting(
  tx: Tx,
  organization: Actor['organization'],
  id: ChangeId,
): Promise<WaitingChange> {
  await lockAuthority(tx, organization);
  const change = await lockChange(tx, id);
  const approval = await lockApprovalOf(tx, { change: id });
  if (approval === null) throw new Error(`${id} waits for no approval`);
  const votes = await votesOf(tx, { change: id });
  return { change, approval, votes, state: await requireAuthority(tx, organization) };
}

/**
 * Records the vote; where it completes the quorum the change enters the log with its effect. A change that
 * could not be applied any more ends instead, and the vote is not needed.
 * @throws APPROVAL_CLOSED, APPROVAL_NOT_ELIGIBLE, APPROVAL_DUPLICATE, CHANGE_DENIED where the policy blocks
 *   it at this hour, and what `enterApproved` throws
 */
export async function voteOnChange(
  services: Services,
  tx: Tx,
  actor: Actor,
  id: ChangeId,
  vote: { readonly request: DecisionRequest; readonly statement: SignedStatement },
): Promise<ApprovalRow> {
  const waiting = await lockWaiting(tx, actor.organization, id);
  const { change, approval } = waiting;
  const signer = requireSigner(waiting.state, 'statement', vote.statement, actor.user);
  requirePermission(signer, 'changes:decide');
  requireOpen(services, actor, approval, waiting.votes);
  const standing = standingOf(services, waiting);
  if (standing.kind === 'over') {
    await endWaiting(services, tx, waiting, { reason: standing.reason, actor: 'system' });
    return approval;
  }
  if (standing.kind === 'blocked') throw standing.error;
  const { asked } = standing;
  requireEligible(actor, asked, change);
  await castVote(services, tx, actor, approval, vote);
  const votes = await votesOf(tx, { change: id });
  const { decision, reason } = vote.request;
  const evidence = evidenceHash(vote.statement);
  if (decision === 'REJECT') {
    const message = `An approver rejected it${reason === '' ? '' : `: ${reason}`}`;
    const end = { code: 'APPROVAL_REJECTED', message };
    await recordVote(services, tx, actor, approval, { decision, reason, evidence });
    await endWaiting(services, tx, waiting, { reason: end, actor: actor.user });
    return approval;
  }
  askFor(approval, asked);
  await recordVote(services, tx, actor, approval, { decision, reason, evidence });
  await applyIfApproved(services, tx, { ...waiting, votes });
  await appendApprovalEvent(services, tx, approval, subjectOfChange(change), 'approval.updated');
  return approval;
}

/** `blocked`: the policy lets nobody do it at this hour. `over`: it can never be applied. */
export type Standing =
  | { readonly kind: 'asked'; readonly asked: AskedApprovals }
  | { readonly kind: 'blocked'; readonly error: PlatformError }
  | { readonly kind: 'over'; readonly reason: EndReason };

/** Whether a change that waits can still be approved of, by whom, or why not. */
export function standingOf(
  { clock }: Services,
  { change, approval, state }: Omit<WaitingChange, 'votes'>,
): Standing {
  try {
    const asked = askedNow(state, change, clock.now());
    if (asked.policy.hash === approval.policyHash) return { kind: 'asked', asked };
    const message = 'The policy has changed since it was asked for. Make the change again.';
    return { kind: 'over', reason: { code: 'POLICY_STALE', message } };
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    if (error.code === 'CHANGE_DENIED') return { kind: 'blocked', error };
    return { kind: 'over', reason: { code: error.code, message: error.message } };
  }
}

/** @throws APPROVAL_NOT_ELIGIBLE */
function requireEligible(
  actor: Actor,
  { demands }: AskedApprovals,
  { requestedBy }: ChangeRequestRow,
): void {
  if (isAsked(demands, actor.user, requestedBy)) return;
  const isOwn = actor.user === requestedBy;
  throw new PlatformError('APPROVAL_NOT_ELIGIBLE', {
    reason: isOwn
      ? 'whoever requests a change does not approve of it as well'
      : 'you are none of those who must approve of it',
  });
}

/** Only the votes of people who are still active count, made with passkeys that still are. */
async function applyIfApproved(
  services: Services,
  tx: Tx,
  { change, approval, votes, state }: WaitingChange,
): Promise<void> {
  const counting = votes.filter(
    ({ user, statement }) =>
      isActivePerson(state, user) &&
      state.credentials.get(statement.credentialId)?.state === 'active',
  );
  const approvals = counting.map(({ statement }) => statement);
  const changed = await enterApproved(services, tx, change, approvals).catch((error: unknown) => {
    if (!isPlatformError(error, 'CHANGE_NEEDS_APPROVAL')) throw error;
    if (error instanceof RefusedChange) error.keep(tx);
    return undefined;
  });
  if (changed === undefined) return;
  closeApproval(services, approval, 'APPROVED');
  await effectOf(change.operation)(services, tx, changed);
}

/** Ends the change and its approval. */
export async function endWaiting(
  services: Services,
  tx: Tx,
  { change, approval }: Pick<WaitingChange, 'change' | 'approval'>,
  end: {
    readonly event?: 'TIMED_OUT' | 'TAKEN_BACK';
    readonly reason?: EndReason;
    readonly actor: ChangeRequestRow['requestedBy'] | 'system';
  },
): Promise<void> {
  const { event = 'REFUSED', reason, actor } = end;
  const isVoted = reason?.code === 'APPROVAL_REJECTED';
  closeApproval(services, approval, isVoted ? 'REJECTED' : CLOSED[event]);
  await endChange(services, tx, change, { event, actor, ...(reason ? { reason } : {}) });
  await appendApprovalEvent(services, tx, approval, subjectOfChange(change), 'approval.updated');
}

const CLOSED = { REFUSED: 'CANCELLED', TIMED_OUT: 'EXPIRED', TAKEN_BACK: 'CANCELLED' } as const;
