/** Who signed: the checks of an initiator's signature, of an enrolment, and of the approvals. */
import { hex, parseBase64url } from '#core/bytes.ts';
import type { UserId } from '#core/ids.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import { parseApproval } from '#mandate/approval.ts';
import {
  type CredentialKind,
  type SignedStatement,
  relyingPartyOf,
  requireAssertion,
} from '#mandate/assertion.ts';
import type { ChangeStatement } from '#mandate/change.ts';
import { credentialKeyOf } from '#mandate/credential-key.ts';
import { challengeOf } from '#mandate/statement.ts';
import { evidence, rejectUnless } from './evidence.ts';
import type { AuthorityState, UserState } from './state.ts';

/** More than any quorum needs (`MAX_QUORUM` of the policy language, twice). */
const APPROVALS_MAX = 128;

/**
 * The active user who signed with an active credential of their own.
 * @throws EVIDENCE_REJECTED
 */
export function requireSigner(
  state: AuthorityState,
  field: string,
  signed: SignedStatement,
  claimed: UserId,
): UserState {
  const credential = state.credentials.get(signed.credentialId);
  rejectUnless(credential?.state === 'active', field, 'it was made with no credential of the log');
  rejectUnless(credential.user === claimed, field, "it was made with another user's credential");
  const user = state.users.get(claimed);
  rejectUnless(user?.state === 'active', field, 'whoever signed it is not active');
  requireSignature(state, field, signed, credential.kind, parseBase64url(credential.publicKey));
  return user;
}

function requireSignature(
  { origin }: AuthorityState,
  field: string,
  signed: SignedStatement,
  kind: CredentialKind,
  publicKey: Uint8Array,
): void {
  evidence(field, () => requireAssertion(signed, { kind, publicKey }, relyingPartyOf(origin)));
}

/**
 * The invited person whose one-time key signed: the invitation named it, and the link carried its
 * private half. It works once, because the registration takes it out of the state.
 * @throws EVIDENCE_REJECTED
 */
export function requireEnrolment(
  state: AuthorityState,
  signed: SignedStatement,
  statement: ChangeStatement,
): UserState {
  const user = state.users.get(statement.initiator);
  const isOpen = user?.kind === 'person' && user.state === 'invited';
  rejectUnless(isOpen && user.enrolment !== undefined, 'change', 'nobody is invited who enrols');
  const { key, expires } = user.enrolment;
  rejectUnless(signed.credentialId === key, 'change', 'it was made with another one-time key');
  const isInTime = parseInstant(statement.created) < expires;
  rejectUnless(isInTime, 'created', 'the invitation had expired');
  const x = parseBase64url(key);
  const publicKey = credentialKeyOf({ curve: 'Ed25519', x });
  requireSignature(state, 'change', signed, 'service-key', publicKey);
  return user;
}

export type CheckedVote = {
  readonly person: UserId;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly roles: UserState['roles'];
  readonly policyHash: string;
  readonly created: Instant;
};

/**
 * Votes on exactly this change, each of an active person. Whether these people were asked is the
 * quorum's to say.
 * @throws EVIDENCE_REJECTED
 */
export function requireVotes(
  state: AuthorityState,
  approvals: readonly SignedStatement[],
  statement: ChangeStatement,
): readonly CheckedVote[] {
  rejectUnless(approvals.length <= APPROVALS_MAX, 'approvals', 'too many');
  const hash = hex(challengeOf(statement));
  return approvals.map((signed) => {
    const vote = evidence('approvals', () => parseApproval(signed.statement));
    const { approver: person, decision, policyHash, organization } = vote;
    rejectUnless(organization === state.organization, 'approvals', 'of another organisation');
    rejectUnless(vote.intentHash === hash, 'approvals', 'it approves of another change');
    const { kind, roles } = requireSigner(state, 'approvals', signed, person);
    rejectUnless(kind === 'person', 'approvals', 'a service account approves nothing');
    return { person, decision, roles, policyHash, created: parseInstant(vote.created) };
  });
}
