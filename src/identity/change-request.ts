/**
 * The life of a change of authority at the platform: on record when it is signed, waiting while people
 * have to approve of it, and in the log once they have. docs/adr/0024.
 */
import type { AuditDetail } from '#core/audit-entry.ts';
import { hex } from '#core/bytes.ts';
import { type ChangeEvent, nextChangeState } from '#core/change-state.ts';
import { isPlatformError } from '#core/errors.ts';
import type { OrganizationId, UserId } from '#core/ids.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { approvalsAsked } from '#mandate/authority/apply-change.ts';
import type { AskedApprovals } from '#mandate/authority/consent.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { parseChange } from '#mandate/change.ts';
import { challengeOf } from '#mandate/statement.ts';
import { ChangeRequest, type ChangeRequestRow } from '#persistence/change.ts';
import type { Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import type { EndReason } from '#persistence/transfer.ts';
import { appendChange, requireAuthority } from './authority.ts';
import { appendApprovalEvent, openApproval, subjectOfChange } from './open-approval.ts';
import { RefusedChange } from './refused-action.ts';
import { type IdentityServices, freshId, record } from './services.ts';

/** What the log says once it holds the change. */
export type Changed = {
  readonly change: ChangeRequestRow;
  readonly subject: string;
  readonly statement: SignedStatement;
  readonly state: AuthorityState;
};

/**
 * What follows from a change beside its place in the log, in the transaction that appends it: at once, or
 * when the last approver has voted. It acts for whoever requested the change.
 */
export type Effect<S extends IdentityServices = IdentityServices> = (
  services: S,
  tx: Tx,
  changed: Changed,
) => Promise<void>;

/** A signed change as it is put on record. */
export type NewChange = {
  readonly organization: OrganizationId;
  readonly statement: SignedStatement;
  /** The hash of an invitation's token, in base64url. */
  readonly invitation?: string;
};

/**
 * A change that waits for nobody: it is in the log afterwards.
 * @throws what `appendChange` throws
 */
export async function makeChange(
  services: IdentityServices,
  tx: Tx,
  asked: NewChange,
): Promise<Changed> {
  const { organization, statement } = asked;
  const content = { change: statement, approvals: [] };
  const state = await appendChange(services, tx, organization, content);
  const change = putOnRecord(services, tx, asked);
  change.state = 'APPLIED';
  return entered(services, tx, change, state);
}

/**
 * A change that waits where people have to approve of it; otherwise its effect follows at once.
 * @throws what `appendChange` throws, but for CHANGE_NEEDS_APPROVAL
 */
export async function requestChange<S extends IdentityServices>(
  services: S,
  tx: Tx,
  asked: NewChange,
  effect: Effect<S>,
): Promise<ChangeRequestRow> {
  const changed = await makeChange(services, tx, asked).catch((error: unknown) => {
    if (!isPlatformError(error, 'CHANGE_NEEDS_APPROVAL')) throw error;
    if (error instanceof RefusedChange) error.keep(tx);
    return undefined;
  });
  if (changed === undefined) return awaitApprovals(services, tx, asked);
  await effect(services, tx, changed);
  return changed.change;
}

async function awaitApprovals(
  services: IdentityServices,
  tx: Tx,
  asked: NewChange,
): Promise<ChangeRequestRow> {
  const { organization, statement } = asked;
  const state = await requireAuthority(tx, organization);
  const content = { change: statement, approvals: [] };
  const approvals = approvalsAsked(state, content, services.clock.now());
  const change = putOnRecord(services, tx, asked);
  const approval = openApproval(services, tx, subjectOfChange(change), approvals);
  change.expiresAt = approval.expiresAt;
  await tx.flush();
  await recordStep(services, tx, change, 'change.requested', change.requestedBy, {
    approval: approval.id,
    policy: { ...approvals.policy },
  });
  await appendChangeEvent(services, tx, change);
  await appendApprovalEvent(services, tx, approval, subjectOfChange(change), 'approval.requested');
  return change;
}

function putOnRecord(
  services: IdentityServices,
  tx: Tx,
  { organization, statement, invitation }: NewChange,
): ChangeRequestRow {
  const parsed = parseChange(statement.statement);
  return tx.create(ChangeRequest, {
    id: freshId(services, 'change'),
    organization,
    operation: parsed.operation,
    subject: parsed.subject,
    state: 'PENDING_APPROVAL',
    requestedBy: parsed.initiator,
    statement,
    hash: hex(challengeOf(parsed)),
    invitation: invitation ?? null,
    createdAt: services.clock.now(),
    expiresAt: parseInstant(parsed.expires),
    attempts: 0,
  });
}

/** The change has its place in the log: the nodes are to be told, and asked for their receipts. */
async function entered(
  services: IdentityServices,
  tx: Tx,
  change: ChangeRequestRow,
  state: AuthorityState,
): Promise<Changed> {
  const now = services.clock.now();
  change.sequence = state.head.sequence;
  change.appliedAt = now;
  change.dueAt = now;
  await tx.flush();
  const { subject, statement } = change;
  return { change, subject, statement, state };
}

/**
 * Enters a change that waited in the log, with the approvals of its quorum.
 * @throws what `appendChange` throws
 */
export async function enterApproved(
  services: IdentityServices,
  tx: Tx,
  change: ChangeRequestRow,
  approvals: readonly SignedStatement[],
): Promise<Changed> {
  const content = { change: change.statement, approvals };
  const state = await appendChange(services, tx, change.organization, content);
  moveChange(change, 'APPROVED');
  const changed = await entered(services, tx, change, state);
  await recordStep(services, tx, change, 'change.applied', change.requestedBy);
  await appendChangeEvent(services, tx, change);
  return changed;
}

/** A change that never comes into the log. */
export async function endChange(
  services: IdentityServices,
  tx: Tx,
  change: ChangeRequestRow,
  end: {
    readonly event: 'REFUSED' | 'TIMED_OUT' | 'TAKEN_BACK';
    readonly actor: UserId | 'system';
    readonly reason?: EndReason;
  },
): Promise<void> {
  moveChange(change, end.event);
  change.reason = end.reason ?? null;
  change.closedAt = services.clock.now();
  await tx.flush();
  const detail: AuditDetail = end.reason === undefined ? {} : { reason: { ...end.reason } };
  await recordStep(services, tx, change, ENDED[end.event], end.actor, detail);
  await appendChangeEvent(services, tx, change);
}

const ENDED = {
  REFUSED: 'change.rejected',
  TIMED_OUT: 'change.expired',
  TAKEN_BACK: 'change.withdrawn',
} as const;

/** Only as the pure function allows. */
export function moveChange(change: ChangeRequestRow, event: ChangeEvent): void {
  const next = nextChangeState(change.state, event);
  if (next === undefined)
    throw new Error(`${change.id} is ${change.state}, which forbids ${event}`);
  change.state = next;
}

export const recordStep = (
  services: IdentityServices,
  tx: Tx,
  change: ChangeRequestRow,
  action: string,
  actor: UserId | 'system',
  detail: AuditDetail = {},
): Promise<void> => {
  const { organization, id, operation, hash } = change;
  const about = { operation, changed: change.subject, hash, state: change.state };
  return record(services, tx, {
    organization,
    actor,
    action,
    subject: id,
    detail: { ...about, ...detail },
  });
};

/** Tells subscribers how far the change is. */
export async function appendChangeEvent(
  services: IdentityServices,
  tx: Tx,
  change: ChangeRequestRow,
): Promise<void> {
  await tx.flush();
  const { organization, id, state, operation, version } = change;
  await appendEvent(tx, {
    organization,
    type: 'change.updated',
    subject: id,
    at: services.clock.now(),
    payload: { state, operation, subject: change.subject, version },
  });
}

/** What a change asks of people now. @throws what `approvalsAsked` throws */
export const askedNow = (
  state: AuthorityState,
  change: ChangeRequestRow,
  now: Instant,
): AskedApprovals => approvalsAsked(state, { change: change.statement, approvals: [] }, now);
