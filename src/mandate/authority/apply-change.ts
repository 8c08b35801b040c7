/**
 * One signed change, checked against everything that the log says before it. The gateway and every
 * signer node run this, so that a change has its effect with all of them or with none.
 */
import { PlatformError } from '#core/errors.ts';
import { type Instant, MINUTE_MS, instant, parseInstant } from '#core/time.ts';
import { type ChangeStatement, parseChange } from '#mandate/change.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { type AskedApprovals, demandsOf, mergeDemands, requireMet } from './consent.ts';
import { evidence, rejectUnless } from './evidence.ts';
import { decideChange, type GovernedDecision } from './governed.ts';
import type { Kind, ReadChange } from './kind.ts';
import { isChangeOperation, KINDS } from './kinds.ts';
import { isShared } from './over-others.ts';
import { governingPolicy } from './policies.ts';
import { headAfter, type SignedChange } from './signed-change.ts';
import { type CheckedVote, requireEnrolment, requireSigner, requireVotes } from './signatures.ts';
import type { AuthorityState } from './state.ts';

/** Two changes that are signed at the same time arrive in either order. */
export const OUT_OF_ORDER_MAX_MS = 5 * MINUTE_MS;

/**
 * The state after the change. How long ago it was signed is not looked at: a node gives its receipt
 * for fresh changes only.
 * @throws EVIDENCE_REJECTED (field, reason) for anything that is not signed as it must be;
 *   VERSION_CONFLICT where the object has changed since; FORBIDDEN without the role's permission;
 *   CHANGE_DENIED, CHANGE_NEEDS_APPROVAL where the policy says so;
 *   INVALID_INPUT, NOT_FOUND and the POLICY_ codes where what was signed cannot be done
 */
export function applyChange(state: AuthorityState, signed: SignedChange): AuthorityState {
  const checked = checkChange(state, signed);
  const { change, statement, votes, at } = checked;
  const { initiator } = statement;
  const decisions = decideChange(state, { initiator, at, parts: change.parts(state, initiator) });
  requireMet(demandsOf(state, checked, decisions), votes, initiator);
  return effectOf(state, signed, checked);
}

/**
 * Whose approval a change takes that is right in every other respect, if it were approved of at this
 * time: votes on it bind the policy that is named here.
 * @throws what `applyChange` throws, but for CHANGE_NEEDS_APPROVAL
 */
export function approvalsAsked(
  state: AuthorityState,
  signed: SignedChange,
  now: Instant,
): AskedApprovals {
  const checked = checkChange(state, signed, now);
  const { change, statement, at } = checked;
  const { initiator } = statement;
  const decisions = decideChange(state, { initiator, at, parts: change.parts(state, initiator) });
  const demands = demandsOf(state, checked, decisions);
  // Nobody is asked to approve of what could not be done.
  effectOf(state, signed, checked);
  const { hash, version } = governingPolicy(state, at).policy;
  return { policy: { hash, version }, demands, requirement: mergeDemands(demands, initiator) };
}

type CheckedChange = {
  readonly kind: Kind;
  readonly change: ReadChange;
  readonly statement: ChangeStatement;
  readonly votes: readonly CheckedVote[];
  /** The time of the change: of its last signature, or of one that is still to come. */
  readonly at: Instant;
};

/** Everything but whether enough people stand behind it. */
function checkChange(
  state: AuthorityState,
  signed: SignedChange,
  notBefore: Instant = instant(0),
): CheckedChange {
  const statement = evidence('change', () => parseChange(signed.change.statement));
  const isOwn = statement.organization === state.organization;
  rejectUnless(isOwn, 'organization', 'the change is of another organisation');
  const { operation, subject, input } = statement;
  rejectUnless(isChangeOperation(operation), 'operation', 'no such kind of change');
  const kind: Kind = KINDS[operation];
  requireInitiator(state, kind, signed, statement);
  const { votes, at } = requireTimely(state, signed, statement, notBefore);
  requireVersion(
    evidence('subject', () => kind.versionOf(state, subject)),
    statement,
  );
  const change = evidence('input', () => kind.read(input, subject));
  return { kind, change, statement, votes, at };
}

function effectOf(
  state: AuthorityState,
  signed: SignedChange,
  { change, statement, at }: CheckedChange,
): AuthorityState {
  const { operation, subject, input, initiator } = statement;
  const next = change.apply(state, {
    operation,
    subject,
    version: statement.replaces + 1,
    sequence: state.head.sequence + 1,
    initiator,
    at,
    input,
  });
  const latest = instant(Math.max(state.latest, at));
  const shared = state.shared || isShared(next);
  return { ...next, latest, shared, head: headAfter(state.head, signed) };
}

/**
 * What the policy answers about a change, for whoever keeps decisions; none where it does not govern
 * it. Nothing else of the change is checked.
 * @throws EVIDENCE_REJECTED for what is no change at all
 */
export function decisionsAbout(
  state: AuthorityState,
  { change }: SignedChange,
): readonly GovernedDecision[] {
  const { operation, subject, input, initiator, created } = evidence('change', () =>
    parseChange(change.statement),
  );
  rejectUnless(isChangeOperation(operation), 'operation', 'no such kind of change');
  const kind: Kind = KINDS[operation];
  const parts = evidence('input', () => kind.read(input, subject)).parts(state, initiator);
  return decideChange(state, { initiator, at: parseInstant(created), parts });
}

/** @throws EVIDENCE_REJECTED, FORBIDDEN */
function requireInitiator(
  state: AuthorityState,
  kind: Kind,
  { change }: SignedChange,
  statement: ChangeStatement,
): void {
  if (kind.permission === 'enrolment') {
    requireEnrolment(state, change, statement);
    return;
  }
  const { subject, initiator } = statement;
  const user = requireSigner(state, 'change', change, initiator);
  const isOwn = kind.permission === 'own' || kind.isOwn?.(state, subject, initiator) === true;
  if (kind.permission !== 'own' && !isOwn) requirePermission(user, kind.permission);
  if (kind.peopleOnly !== true || user.kind === 'person') return;
  throw new PlatformError('FORBIDDEN', {
    permission: kind.permission,
    reason: 'this takes a person, and a service account is none',
  });
}

/**
 * A change has the time of its last signature. It may not go back behind what the log has seen.
 * @throws EVIDENCE_REJECTED
 */
function requireTimely(
  state: AuthorityState,
  { approvals }: SignedChange,
  statement: ChangeStatement,
  notBefore: Instant,
): { readonly votes: readonly CheckedVote[]; readonly at: Instant } {
  const created = parseInstant(statement.created);
  const votes = requireVotes(state, approvals, statement);
  const at = instant(Math.max(created, notBefore, ...votes.map((vote) => vote.created)));
  const { hash } = governingPolicy(state, at).policy;
  const isUnderThis = votes.every(({ policyHash }) => policyHash === hash);
  rejectUnless(isUnderThis, 'approvals', 'it was made under another policy');
  const isForward = at >= state.latest - OUT_OF_ORDER_MAX_MS;
  rejectUnless(isForward, 'created', 'it is older than what the log holds');
  const isAlive = at < parseInstant(statement.expires);
  rejectUnless(isAlive, 'expires', 'it had expired when it was approved');
  return { votes, at };
}

/** @throws VERSION_CONFLICT */
function requireVersion(version: number, { subject, replaces }: ChangeStatement): void {
  if (version === replaces) return;
  const reason = `${subject} has version ${version}, and the change replaces version ${replaces}`;
  throw new PlatformError('VERSION_CONFLICT', { field: 'replaces', reason });
}
