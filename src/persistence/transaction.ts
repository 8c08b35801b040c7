/**
 * What the chain sees of a transfer: the account's sequence numbers, the unsigned and signed bytes,
 * and marks of blocks that the platform has relied on.
 */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type { TransferId } from '#core/ids.ts';
import type { NetworkId } from '#core/money.ts';
import { formatInstant } from '#core/time.ts';
import { at, bytes, jsonOf, textOf, uint256 } from './columns.ts';
import type { Tx } from './database.ts';
import { Transfer } from './transfer.ts';

/**
 * One account of one network. At most one transfer of it is between its draft and its signed bytes:
 * while that one holds the account, no later sequence number can be given out, so a transfer that
 * fails leaves no gap behind.
 */
export const NetworkAccount = defineEntity({
  name: 'NetworkAccount',
  tableName: 'network_accounts',
  properties: {
    network: textOf<NetworkId>().primary(),
    address: p.text().primary(),
    /** The sequence number after the highest one whose signed bytes are stored. */
    nextNonce: uint256(),
    /** The transfer in SIGNING; where the chain names the next number, until this one is used. */
    holder: textOf<TransferId>().nullable(),
    /** The last set-up that was signed for it, stored before it was sent. */
    setUpRaw: bytes().nullable(),
    setUpHash: p.text().nullable(),
    setUpAt: at().nullable(),
  },
});
export type NetworkAccountRow = InferEntity<typeof NetworkAccount>;

/** What a node signed when it had the payment in writing; the signature in hex. */
export type StoredReceipt = { readonly statement: string; readonly signature: string };

export const ChainTransaction = defineEntity({
  name: 'ChainTransaction',
  tableName: 'chain_transactions',
  indexes: [
    {
      name: 'chain_transactions_signed_once',
      expression:
        'create unique index "chain_transactions_signed_once" on "chain_transactions" ("network", "address", "nonce") where "raw" is not null',
    },
  ],
  properties: {
    transfer: () => p.oneToOne(Transfer).mapToPk().primary().deleteRule('no action'),
    network: textOf<NetworkId>(),
    /** The account that sends. */
    address: p.text(),
    nonce: uint256(),
    unsigned: bytes(),
    /** The most that it can cost, in base units of the native asset. */
    feeMax: uint256(),
    /** Signed bytes, stored before they are sent; only these are ever sent. */
    raw: bytes().nullable(),
    hash: p.text().nullable(),
    /** Of the version that a block holds: this one, or one with a raised fee (`fee-raise.ts`). */
    minedHash: p.text().nullable(),
    block: uint256().nullable(),
    blockHash: p.text().nullable(),
    feePaid: uint256().nullable(),
    createdAt: at(),
    signedAt: at().nullable(),
    /** Of the nodes that had the payment in writing before it was signed; for the audit log's readers. */
    receipts: jsonOf<readonly StoredReceipt[]>().nullable(),
    confirmedAt: at().nullable(),
    /** Another transaction of the account that was seen in a block with the same number. */
    replacedBy: p.text().nullable(),
  },
});
export type ChainTransactionRow = InferEntity<typeof ChainTransaction>;

/** A block that holds a confirmed transfer. A chain without it is not the chain that it was. */
export const ChainMark = defineEntity({
  name: 'ChainMark',
  tableName: 'chain_marks',
  properties: {
    network: textOf<NetworkId>().primary(),
    height: uint256().primary(),
    hash: p.text(),
    markedAt: at(),
  },
});

/**
 * A network whose history changed under confirmed transfers: nothing is signed or confirmed there.
 */
export const ChainAlarm = defineEntity({
  name: 'ChainAlarm',
  tableName: 'chain_alarms',
  properties: {
    network: textOf<NetworkId>().primary(),
    message: p.text(),
    raisedAt: at(),
  },
});
export type ChainAlarmRow = InferEntity<typeof ChainAlarm>;

/** The account under its row lock; it is created at its first use. */
export async function lockAccount(
  tx: Tx,
  network: NetworkId,
  address: string,
): Promise<NetworkAccountRow> {
  await tx.execute(
    `insert into network_accounts (network, address, next_nonce) values (?, ?, 0)
     on conflict do nothing`,
    [network, address],
  );
  return tx.findOneOrFail(
    NetworkAccount,
    { network, address },
    { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
  );
}

type NewMark = InferEntity<typeof ChainMark>;

/**
 * Remembers a block. The first hash of a height stays: a second one is what marks are there to
 * find.
 */
export async function insertMark(tx: Tx, mark: NewMark): Promise<void> {
  await tx.upsert(ChainMark, mark, { onConflictAction: 'ignore', disableIdentityMap: true });
}

/** The highest marks of a network. */
export const latestMarks = (tx: Tx, network: NetworkId, limit: number): Promise<NewMark[]> =>
  tx.find(ChainMark, { network }, { orderBy: { height: 'desc' }, limit });

/** Networks that have marks. */
export async function knownNetworks(tx: Tx): Promise<readonly NetworkId[]> {
  const rows = await tx.execute<{ network: NetworkId }[]>(
    'select distinct network from chain_marks order by network',
  );
  return rows.map((row) => row.network);
}

/** Whether this call, and no earlier one, raised the alarm. */
export async function raiseAlarm(tx: Tx, alarm: ChainAlarmRow): Promise<boolean> {
  const raised = await tx.execute<unknown[]>(
    `insert into chain_alarms (network, message, raised_at) values (?, ?, ?)
     on conflict do nothing returning network`,
    [alarm.network, alarm.message, formatInstant(alarm.raisedAt)],
  );
  return raised.length === 1;
}
