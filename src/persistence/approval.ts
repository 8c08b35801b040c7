/** Approvals that transfers and changes of authority wait for, and the votes on them. */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type {
  ApprovalId,
  ChangeId,
  OrganizationId,
  TransferId,
  UserId,
  VoteId,
} from '#core/ids.ts';
import { ChangeRequest } from './change.ts';
import { at, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import { type StoredStatement, Transfer } from './transfer.ts';

export type ApprovalState = 'OPEN' | 'APPROVED' | 'REJECTED' | 'EXPIRED' | 'CANCELLED';

/** The policy floor's ApprovalRequirement, as plain JSON. */
export type StoredRequirement = {
  readonly quorums: readonly { readonly group: string; readonly count: number }[];
  readonly excludeInitiator: boolean;
  readonly expiresAfterMs?: number;
};

export const Approval = defineEntity({
  name: 'Approval',
  tableName: 'approvals',
  checks: [{ expression: '(transfer_id is null) <> (change_id is null)' }],
  indexes: [
    { properties: ['organization', 'state', 'id'] },
    { properties: ['state', 'expiresAt'] },
  ],
  properties: {
    id: textOf<ApprovalId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    /** What waits for it: either a transfer or a change. */
    transfer: () => p.oneToOne(Transfer).mapToPk().nullable(),
    change: () => p.oneToOne(ChangeRequest).mapToPk().nullable(),
    state: textOf<ApprovalState>(),
    requirement: jsonOf<StoredRequirement>(),
    /** What a vote binds beside the approval's id: both are SHA-256 in hex, of the intent or change. */
    intentHash: p.text(),
    policyHash: p.text(),
    policyVersion: p.integer(),
    createdAt: at(),
    expiresAt: at(),
    closedAt: at().nullable(),
    version: p.integer().version(),
  },
});
export type ApprovalRow = InferEntity<typeof Approval>;

export const Vote = defineEntity({
  name: 'Vote',
  tableName: 'votes',
  uniques: [{ properties: ['approval', 'user'] }],
  properties: {
    id: textOf<VoteId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    approval: () => p.manyToOne(Approval).mapToPk(),
    user: textOf<UserId>(),
    decision: textOf<'APPROVE' | 'REJECT'>(),
    reason: p.text(),
    statement: jsonOf<StoredStatement>(),
    createdAt: at(),
  },
});
export type VoteRow = InferEntity<typeof Vote>;

/** An approval of this organisation; another organisation's is as unknown as one that never was. */
export const findApproval = (tx: Tx, organization: OrganizationId, id: ApprovalId) =>
  tx.findOne(Approval, { id, organization });

/** What an approval is about. */
export type ApprovalOf = { readonly transfer: TransferId } | { readonly change: ChangeId };

/** Under its row lock. The transfer, or the change, is locked before it. */
export const lockApprovalOf = (tx: Tx, about: ApprovalOf) =>
  tx.findOne(Approval, about, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** Oldest first. */
export async function votesOf(tx: Tx, about: ApprovalOf): Promise<readonly VoteRow[]> {
  const approval = await tx.findOne(Approval, about);
  if (approval === null) return [];
  return tx.find(Vote, { approval: approval.id }, { orderBy: { id: 'asc' } });
}
