/** The approvals of a mandate: who gave them, and to what. */
import type { UserId } from '#core/ids.ts';
import { parseBase64url } from '#core/bytes.ts';
import { MINUTE_MS, type Instant, parseInstant } from '#core/time.ts';
import type { Vote } from '#policy-lang/approval-quorum.ts';
import { type ApprovalStatement, parseApproval } from './approval.ts';
import { type SignedStatement, relyingPartyOf, requireAssertion } from './assertion.ts';
import { evidence, rejectUnless } from './authority/evidence.ts';
import type { AuthorityState } from './authority/state.ts';
import { hasPermission } from './permissions.ts';

/** More than any quorum needs. */
const APPROVALS_MAX = 128;
/** How far the clock of whoever wrote a statement may run ahead of this node's. */
const CLOCK_SKEW_MS = MINUTE_MS;

export type CheckedVotes = {
  readonly votes: readonly Vote[];
  /** The hashes of the policies under which they were given. */
  readonly policies: readonly string[];
  /** Why some of the approvals do not count, in words. */
  readonly lost: readonly string[];
};

/**
 * Each approval must be what it seems to be, or the mandate is forged. A genuine one of somebody who
 * has lost the authority to approve since counts for nothing, and what is left must be enough.
 * @throws EVIDENCE_REJECTED with the field `approvals`
 */
export function readVotes(
  approvals: readonly SignedStatement[],
  id: string,
  { state, now }: { readonly state: AuthorityState; readonly now: Instant },
): CheckedVotes {
  rejectUnless(approvals.length <= APPROVALS_MAX, 'approvals', 'too many');
  const votes: Vote[] = [];
  const policies = new Set<string>();
  const lost: string[] = [];
  for (const signed of approvals) {
    const approval = evidence('approvals', () => parseApproval(signed.statement));
    requireAbout(approval, id, state, now);
    requireGenuine(signed, approval.approver, state);
    rejectUnless(approval.decision === 'APPROVE', 'approvals', 'somebody rejected it');
    const why = lostAuthority(signed, approval.approver, state);
    if (why === undefined) {
      votes.push({ person: approval.approver, decision: 'APPROVE' });
      policies.add(approval.policyHash);
    } else lost.push(`the approval of ${approval.approver} ${why}`);
  }
  return { votes, policies: [...policies], lost };
}

function requireAbout(
  { organization, intentHash, created }: ApprovalStatement,
  id: string,
  state: AuthorityState,
  now: Instant,
): void {
  rejectUnless(organization === state.organization, 'approvals', 'of another organisation');
  rejectUnless(intentHash === id, 'approvals', 'it approves of another intent');
  const isPast = parseInstant(created) <= now + CLOCK_SKEW_MS;
  rejectUnless(isPast, 'approvals', 'it comes from the future');
}

function requireGenuine(signed: SignedStatement, approver: UserId, state: AuthorityState): void {
  const credential = state.credentials.get(signed.credentialId);
  rejectUnless(credential !== undefined, 'approvals', 'it was made with no credential of the log');
  const isOwn = credential.user === approver;
  rejectUnless(isOwn, 'approvals', "it was made with another person's credential");
  const known = { kind: credential.kind, publicKey: parseBase64url(credential.publicKey) };
  evidence('approvals', () => requireAssertion(signed, known, relyingPartyOf(state.origin)));
}

function lostAuthority(
  { credentialId }: SignedStatement,
  approver: UserId,
  { credentials, users }: AuthorityState,
): string | undefined {
  const user = users.get(approver);
  if (credentials.get(credentialId)?.state !== 'active')
    return 'was given with a revoked credential';
  if (user?.state !== 'active') return 'does not count: that user is not active';
  if (user.kind !== 'person') return 'does not count: that user is no person';
  const may = hasPermission(user, 'approvals:decide');
  return may ? undefined : 'does not count: the permission approvals:decide is missing';
}
