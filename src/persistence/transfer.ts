/** Transfers: what was asked, what the policy decided, and how far the transfer has come. */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type { Canonical } from '#core/canonical.ts';
import type { ErrorCode } from '#core/errors.ts';
import type { DecisionId, OrganizationId, TransferId, UserId } from '#core/ids.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import type { TransferState } from '#core/transfer-state.ts';
import { at, jsonOf, textOf, uint256 } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import { Wallet } from './wallet.ts';

/** What keeps an object from going on, for the people who wait for it. `since` is RFC 3339. */
export type Waiting = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly since: string;
};

/** Why a transfer ended without its payment. */
export type EndReason = { readonly code: string; readonly message: string };

/** A statement with the passkey's signature over it, as the mandate floor defines it. */
export type StoredStatement = {
  readonly statement: string;
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
};

/** A policy's decision in short; `policy_decisions` has the whole of it under the same id. */
export type DecisionRecord = {
  readonly id: DecisionId;
  readonly at: string;
  readonly decision: { readonly [field: string]: Canonical };
  /** SHA-256 in hex over what the policy looked at and what each of its rules said. */
  readonly digest: string;
};

export const Transfer = defineEntity({
  name: 'Transfer',
  tableName: 'transfers',
  uniques: [{ properties: ['organization', 'externalId'] }],
  indexes: [
    { properties: ['dueAt'] },
    { properties: ['wallet', 'state', 'id'] },
    { properties: ['organization', 'id'] },
    { properties: ['organization', 'state'] },
  ],
  properties: {
    id: textOf<TransferId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    wallet: () => p.manyToOne(Wallet).mapToPk(),
    network: textOf<NetworkId>(),
    asset: textOf<AssetId>(),
    units: uint256(),
    /** Canonical address. */
    recipient: p.text(),
    memo: p.text(),
    /** The client's own cap, in base units of the native asset. */
    feeMax: uint256().nullable(),
    externalId: p.text(),
    /** Canonical text of what the client sent, for its retries. */
    clientInput: p.text(),
    initiator: textOf<UserId>(),
    state: textOf<TransferState>(),
    /** Canonical text of the intent, and its hash in hex. */
    intent: p.text(),
    intentHash: p.text(),
    statement: jsonOf<StoredStatement>(),
    /** The decision in force. The audit log has each one that a step was taken on. */
    decision: jsonOf<DecisionRecord>().nullable(),
    policyHash: p.text().nullable(),
    policyVersion: p.integer().nullable(),
    reason: jsonOf<EndReason>().nullable(),
    waiting: jsonOf<Waiting>().nullable(),
    /** Failed tries of the present step: they set the pace of the next ones. */
    attempts: p.integer(),
    /**
     * When a job is to look at it again; absent when people or nobody must act. In FAILED: the chain
     * could still execute it.
     */
    dueAt: at().nullable(),
    createdAt: at(),
    updatedAt: at(),
    expiresAt: at(),
    version: p.integer().version(),
  },
});
export type TransferRow = InferEntity<typeof Transfer>;

/** A transfer of this organisation; another organisation's is as unknown as one that never was. */
export const findTransfer = (tx: Tx, organization: OrganizationId, id: TransferId) =>
  tx.findOne(Transfer, { id, organization });

/** The transfer under its row lock. Its wallet is locked before it. */
export const lockTransfer = (tx: Tx, id: TransferId) =>
  tx.findOneOrFail(Transfer, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** Lets concurrent requests with one externalId through one by one, until the transaction's end. */
export async function lockExternalId(
  tx: Tx,
  organization: OrganizationId,
  operation: string,
  externalId: string,
): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `${organization} ${operation} ${externalId}`,
  ]);
}
