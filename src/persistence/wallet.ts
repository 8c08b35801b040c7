/** Keys, held in shares by the signer nodes, and the wallets that use them. */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type { Bytes } from '#core/bytes.ts';
import type { KeyId, OrganizationId, UserId, WalletId } from '#core/ids.ts';
import type { NetworkId } from '#core/money.ts';
import { at, bytes, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import type { Waiting } from './transfer.ts';

export type WalletState = 'CREATING' | 'ACTIVE' | 'ARCHIVED';

export const Key = defineEntity({
  name: 'Key',
  tableName: 'keys',
  properties: {
    id: textOf<KeyId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    curve: textOf<'secp256k1' | 'ed25519'>(),
    /** 33 bytes, compressed, on secp256k1; 32 on ed25519; absent until the nodes have made the key. */
    publicKey: bytes().nullable(),
    createdAt: at(),
  },
});
export type KeyRow = InferEntity<typeof Key>;

export const Wallet = defineEntity({
  name: 'Wallet',
  tableName: 'wallets',
  uniques: [{ properties: ['organization', 'externalId'] }],
  indexes: [{ properties: ['dueAt'] }],
  properties: {
    id: textOf<WalletId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    key: () => p.oneToOne(Key).mapToPk(),
    network: textOf<NetworkId>(),
    name: p.text(),
    tags: jsonOf<readonly string[]>(),
    state: textOf<WalletState>(),
    /** Canonical; absent while CREATING. */
    address: p.text().nullable(),
    externalId: p.text().nullable(),
    /** Canonical text of what the client sent, for its retries. */
    clientInput: p.text(),
    createdBy: textOf<UserId>(),
    createdAt: at(),
    /** Why it is still CREATING, when something is in the way. */
    waiting: jsonOf<Waiting>().nullable(),
    attempts: p.integer(),
    /** When a job is to look at it again; absent when nothing is left to do. */
    dueAt: at().nullable(),
    version: p.integer().version(),
  },
});
export type WalletRow = InferEntity<typeof Wallet>;

/** A wallet of this organisation; another organisation's is as unknown as one that never was. */
export const findWallet = (tx: Tx, organization: OrganizationId, id: WalletId) =>
  tx.findOne(Wallet, { id, organization });

/** The public key of a wallet's key, where it exists. */
export async function publicKeyOf(tx: Tx, id: KeyId): Promise<Bytes | undefined> {
  return (await tx.findOneOrFail(Key, { id })).publicKey ?? undefined;
}

/**
 * The wallet under its row lock, which every change of its spending takes first. Lock order:
 * wallet, transfer, approval, network account, and the organisation's log last.
 */
export const lockWallet = (tx: Tx, organization: OrganizationId, id: WalletId) =>
  tx.findOne(Wallet, { id, organization }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** The organisations with a wallet on a network, in the order in which their logs may be locked. */
export async function organizationsOn(
  tx: Tx,
  network: NetworkId,
): Promise<readonly OrganizationId[]> {
  const rows = await tx.execute<{ organization_id: OrganizationId }[]>(
    'select distinct organization_id from wallets where network = ? order by organization_id',
    [network],
  );
  return rows.map((row) => row.organization_id);
}
