/** Reading approvals. */
import { PlatformError } from '#core/errors.ts';
import { parseId, type UserId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import {
  Approval,
  type ApprovalRow,
  type ApprovalState,
  findApproval,
  type VoteRow,
  votesOf,
} from '#persistence/approval.ts';
import { reader } from '#persistence/database.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { Transfer, type TransferRow } from '#persistence/transfer.ts';
import { decidingGroups, isEligible } from './evaluate.ts';
import type { Services } from './services.ts';

export type ApprovalFilter = { readonly states?: readonly ApprovalState[] | null };

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listApprovals(
  services: Services,
  actor: Actor,
  filter: ApprovalFilter,
  page: PageRequest,
): Promise<Page<ApprovalRow>> {
  requirePermission(actor, 'approvals:read');
  const where = {
    organization: actor.organization,
    ...(filter.states ? { state: { $in: [...filter.states] } } : {}),
  };
  return findPage(reader(services.db), Approval, where, 'id', page);
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readApproval(
  services: Services,
  actor: Actor,
  id: string,
): Promise<ApprovalRow> {
  requirePermission(actor, 'approvals:read');
  const approvalId = parseId('approval', id);
  const approval = await findApproval(reader(services.db), actor.organization, approvalId);
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

export type ApprovalDetail = {
  readonly transfer: TransferRow;
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
  requirePermission(actor, 'transfers:read');
  const db = reader(services.db);
  const { organization } = actor;
  const transfer = await db.findOneOrFail(Transfer, { id: approval.transfer, organization });
  const votes = await votesOf(db, transfer.id);
  const isOpen = approval.state === 'OPEN' && approval.expiresAt > services.clock.now();
  const groups = isOpen ? await decidingGroups(services, db, transfer) : [];
  const voted = new Set(votes.map(({ user }) => user));
  const people = new Set(groups.flatMap((version) => [...version.values()].flatMap((g) => [...g])));
  const eligible = ([...people] as UserId[])
    .filter((person) => !voted.has(person))
    .filter((person) => isEligible(person, approval.requirement, groups, transfer.initiator))
    .toSorted();
  return { transfer, votes, eligible, mayDecide: eligible.includes(actor.user) };
}
