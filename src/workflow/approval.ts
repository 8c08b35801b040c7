/** Reading approvals. */
import { PlatformError } from '#core/errors.ts';
import { type ChangeId, parseId, type TransferId, type UserId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { requireAuthority } from '#identity/authority.ts';
import { peopleAsked } from '#mandate/authority/consent.ts';
import { hasPermission, requirePermission } from '#mandate/permissions.ts';
import {
  Approval,
  type ApprovalRow,
  type ApprovalState,
  findApproval,
  type VoteRow,
  votesOf,
} from '#persistence/approval.ts';
import { ChangeRequest, type ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { Transfer, type TransferRow } from '#persistence/transfer.ts';
import { decidingGroups, isEligible } from './evaluate.ts';
import type { Services } from './services.ts';
import { standingOf } from './vote-on-change.ts';

export type ApprovalFilter = { readonly states?: readonly ApprovalState[] | null };

/** Newest first; those of transfers for whoever may read them. @throws FORBIDDEN, INVALID_INPUT */
export async function listApprovals(
  services: Services,
  actor: Actor,
  filter: ApprovalFilter,
  page: PageRequest,
): Promise<Page<ApprovalRow>> {
  requirePermission(actor, 'changes:read');
  const where = {
    organization: actor.organization,
    ...(filter.states ? { state: { $in: [...filter.states] } } : {}),
    ...(hasPermission(actor, 'approvals:read') ? {} : { transfer: null }),
  };
  return findPage(reader(services.db), Approval, where, 'id', page);
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readApproval(
  services: Services,
  actor: Actor,
  id: string,
): Promise<ApprovalRow> {
  const approvalId = parseId('approval', id);
  const approval = await findApproval(reader(services.db), actor.organization, approvalId);
  requirePermission(actor, approval?.change ? 'changes:read' : 'approvals:read');
  if (approval === null) throw new PlatformError('NOT_FOUND', { field: 'id' });
  return approval;
}

/** The approval that a transfer waits for or waited for; undefined where none was needed. */
export async function readApprovalOf(
  services: Services,
  actor: Actor,
  transfer: TransferRow,
): Promise<ApprovalRow | undefined> {
  requirePermission(actor, 'transfers:read');
  const where = { transfer: transfer.id, organization: actor.organization };
  return (await reader(services.db).findOne(Approval, where)) ?? undefined;
}

/** The approval that a change waits for or waited for; undefined where none was needed. */
export async function readApprovalOfChange(
  services: Services,
  actor: Actor,
  change: ChangeRequestRow,
): Promise<ApprovalRow | undefined> {
  requirePermission(actor, 'changes:read');
  const where = { change: change.id, organization: actor.organization };
  return (await reader(services.db).findOne(Approval, where)) ?? undefined;
}

export type ApprovalDetail = {
  /** What waits for it: one of these. */
  readonly transfer?: TransferRow;
  readonly change?: ChangeRequestRow;
  /** The canonical text that votes bind. */
  readonly intent: string;
  /** Oldest first. */
  readonly votes: readonly VoteRow[];
  /** Who may still decide. Empty once it is closed. */
  readonly eligible: readonly UserId[];
  /** Whether the actor is one of them. */
  readonly mayDecide: boolean;
};

/** What a person needs to see before deciding. @throws FORBIDDEN */
export async function readApprovalDetail(
  services: Services,
  actor: Actor,
  approval: ApprovalRow,
): Promise<ApprovalDetail> {
  const { transfer, change } = approval;
  if (transfer) return detailOfTransfer(services, actor, approval, transfer);
  if (change) return detailOfChange(services, actor, approval, change);
  throw new Error(`nothing waits for ${approval.id}`);
}

async function detailOfTransfer(
  services: Services,
  actor: Actor,
  approval: ApprovalRow,
  id: TransferId,
): Promise<ApprovalDetail> {
  requirePermission(actor, 'transfers:read');
  const db = reader(services.db);
  const { organization } = actor;
  const transfer = await db.findOneOrFail(Transfer, { id, organization });
  const votes = await votesOf(db, { transfer: transfer.id });
  const isOpen = isOpenNow(services, approval);
  const groups = isOpen ? await decidingGroups(services, db, transfer) : [];
  const people = new Set(groups.flatMap((version) => [...version.values()].flatMap((g) => [...g])));
  const eligible = ([...people] as UserId[])
    .filter((person) => isEligible(person, approval.requirement, groups, transfer.initiator))
    .toSorted();
  return { transfer, intent: transfer.intent, ...votingOf(actor, votes, eligible) };
}

async function detailOfChange(
  services: Services,
  actor: Actor,
  approval: ApprovalRow,
  id: ChangeId,
): Promise<ApprovalDetail> {
  requirePermission(actor, 'changes:read');
  const db = reader(services.db);
  const { organization } = actor;
  const change = await db.findOneOrFail(ChangeRequest, { id, organization });
  const votes = await votesOf(db, { change: id });
  const state = await requireAuthority(db, organization);
  const standing = isOpenNow(services, approval)
    ? standingOf(services, { change, approval, state })
    : undefined;
  const eligible =
    standing?.kind === 'asked'
      ? peopleAsked(state, standing.asked.demands, change.requestedBy)
      : [];
  const intent = change.statement.statement;
  return { change, intent, ...votingOf(actor, votes, eligible) };
}

const isOpenNow = ({ clock }: Services, { state, expiresAt }: ApprovalRow): boolean =>
  state === 'OPEN' && expiresAt > clock.now();

/** Whoever has voted does not vote again. */
function votingOf(actor: Actor, votes: readonly VoteRow[], people: readonly UserId[]) {
  const voted = new Set(votes.map(({ user }) => user));
  const eligible = people.filter((person) => !voted.has(person));
  return { votes, eligible, mayDecide: eligible.includes(actor.user) };
}
