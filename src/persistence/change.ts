/**
 * Changes of authority: who asked for each one, with which signature, and what became of it. Those that
 * were applied stand in the authority log, at the place that is named here.
 */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type { ChangeState } from '#core/change-state.ts';
import type { ChangeId, OrganizationId, UserId } from '#core/ids.ts';
import { at, counter, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import type { EndReason, StoredStatement } from './transfer.ts';

export type StoredReceipt = { readonly statement: string; readonly signature: string };

/** What nodes have signed once they had the log in writing up to this entry. */
export type StoredReceipts = {
  readonly sequence: number;
  readonly hash: string;
  readonly receipts: readonly StoredReceipt[];
};

export const ChangeRequest = defineEntity({
  name: 'ChangeRequest',
  tableName: 'change_requests',
  uniques: [{ properties: ['organization', 'hash'] }],
  indexes: [
    { properties: ['organization', 'id'] },
    { properties: ['organization', 'state', 'id'] },
    { properties: ['organization', 'subject', 'id'] },
    { properties: ['dueAt'] },
  ],
  properties: {
    id: textOf<ChangeId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    /** The mutation's name. */
    operation: p.text(),
    /** The id of what is changed. */
    subject: p.text(),
    state: textOf<ChangeState>(),
    requestedBy: textOf<UserId>(),
    statement: jsonOf<StoredStatement>(),
    /** Of the statement, SHA-256 in hex: what votes bind. */
    hash: p.text(),
    /** What its effect takes that is not signed: the hash of an invitation's token, in base64url. */
    invitation: p.text().nullable(),
    /** Its place in the authority log, once it is applied. */
    sequence: counter().nullable(),
    reason: jsonOf<EndReason>().nullable(),
    /** The nodes' receipts so far. */
    receipts: jsonOf<StoredReceipts>().nullable(),
    createdAt: at(),
    /** Until when it may be approved. */
    expiresAt: at(),
    appliedAt: at().nullable(),
    effectiveAt: at().nullable(),
    closedAt: at().nullable(),
    /** When the nodes are asked for their receipts (again); absent when that is over, or not yet. */
    dueAt: at().nullable(),
    attempts: p.integer(),
    version: p.integer().version(),
  },
});
export type ChangeRequestRow = InferEntity<typeof ChangeRequest>;

/** A change of this organisation; another organisation's is as unknown as one that never was. */
export const findChange = (tx: Tx, organization: OrganizationId, id: ChangeId) =>
  tx.findOne(ChangeRequest, { id, organization });

/** Under its row lock: after the authority log, before its approval. */
export const lockChange = (tx: Tx, id: ChangeId) =>
  tx.findOneOrFail(ChangeRequest, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** The newest change of an object by one operation. */
export const latestChangeOf = (
  tx: Tx,
  {
    organization,
    subject,
    operation,
  }: Pick<ChangeRequestRow, 'subject' | 'operation'> & {
    readonly organization: OrganizationId;
  },
) => tx.findOne(ChangeRequest, { organization, subject, operation }, { orderBy: { id: 'desc' } });
