/**
 * Transactions that may take the place of a transfer's first one: the same payment with a higher fee.
 * They are kept for good, whichever of them a block holds in the end.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { TransferId, UserId } from '#core/ids.ts';
import type { Tx } from './database.ts';
import { at, bytes, jsonOf, textOf, uint256 } from './columns.ts';
import { Organization } from './organization.ts';
import { ChainTransaction, type ChainTransactionRow, type StoredReceipt } from './transaction.ts';
import { type EndReason, Transfer } from './transfer.ts';

export const FeeRaise = defineEntity({
  name: 'FeeRaise',
  tableName: 'fee_raises',
  uniques: [{ properties: ['organization', 'externalId'] }],
  indexes: [
    {
      name: 'fee_raises_one_open',
      expression:
        'create unique index "fee_raises_one_open" on "fee_raises" ("transfer_id") where "raw" is null and "refusal" is null',
    },
  ],
  properties: {
    transfer: () => p.manyToOne(Transfer).mapToPk().primary().deleteRule('no action'),
    /** 1 for the first raise; the transfer's first transaction is 0. */
    ordinal: p.integer().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    requestedBy: textOf<UserId | 'system'>(),
    /** Absent where the platform raised the fee by itself. */
    externalId: p.text().nullable(),
    /** Canonical text of what the client sent, for its retries. */
    clientInput: p.text().nullable(),
    unsigned: bytes(),
    /** The most that it can cost, in base units of the native asset. */
    feeMax: uint256(),
    /** Signed bytes, stored before they are sent. */
    raw: bytes().nullable(),
    hash: p.text().nullable(),
    receipts: jsonOf<readonly StoredReceipt[]>().nullable(),
    /** Why the nodes, or the policy, refuse it for good. */
    refusal: jsonOf<EndReason>().nullable(),
    createdAt: at(),
    signedAt: at().nullable(),
  },
});
export type FeeRaiseRow = InferEntity<typeof FeeRaise>;

/** One of the transactions that a transfer stands for; at most one of them can be executed. */
export type Version = Pick<
  ChainTransactionRow,
  'unsigned' | 'feeMax' | 'raw' | 'hash' | 'receipts' | 'createdAt' | 'signedAt'
> & { readonly ordinal: number };

/** A transfer's first transaction, and what was to take its place. */
export type Payment = {
  readonly first: ChainTransactionRow;
  readonly raises: readonly FeeRaiseRow[];
  /** All of them with rising fees, the first one first. */
  readonly versions: readonly [Version, ...Version[]];
};

/** Undefined before the transfer has a draft. */
export async function findPayment(tx: Tx, transfer: TransferId): Promise<Payment | undefined> {
  const first = await tx.findOne(ChainTransaction, { transfer });
  if (first === null) return undefined;
  const raises = await tx.find(FeeRaise, { transfer }, { orderBy: { ordinal: 'asc' } });
  const { unsigned, feeMax, raw, hash, receipts, createdAt, signedAt } = first;
  const version = { ordinal: 0, unsigned, feeMax, raw, hash, receipts, createdAt, signedAt };
  return { first, raises, versions: [version, ...raises] };
}

/** @throws an assertion where the transfer has no draft */
export async function requirePayment(tx: Tx, transfer: TransferId): Promise<Payment> {
  const payment = await findPayment(tx, transfer);
  if (payment === undefined) throw new Error(`transfer ${transfer} has no draft`);
  return payment;
}

/** The row that holds a version. */
export const rowOfVersion = (
  tx: Tx,
  transfer: TransferId,
  ordinal: number,
): Promise<ChainTransactionRow | FeeRaiseRow> =>
  ordinal === 0
    ? tx.findOneOrFail(ChainTransaction, { transfer })
    : tx.findOneOrFail(FeeRaise, { transfer, ordinal });
