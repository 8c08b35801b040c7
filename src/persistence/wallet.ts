/** Wallets: each is a key, a path from it, and a network. */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type { KeyId, OrganizationId, UserId, WalletId } from '#core/ids.ts';
import type { NetworkId } from '#core/money.ts';
import { formatInstant, type Instant } from '#core/time.ts';
import type { StoredReceipt } from './change.ts';
import { at, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Key } from './key.ts';
import { Organization } from './organization.ts';
import type { Waiting } from './transfer.ts';

export type WalletState = 'CREATING' | 'ACTIVE' | 'ARCHIVED';

export const Wallet = defineEntity({
  name: 'Wallet',
  tableName: 'wallets',
  uniques: [
    { properties: ['organization', 'externalId'] },
    { properties: ['key', 'network', 'path'] },
  ],
  indexes: [{ properties: ['dueAt'] }],
  properties: {
    id: textOf<WalletId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    key: () => p.manyToOne(Key).mapToPk(),
    /** BIP-32, from the key to the wallet's own: "m" is the key itself. */
    path: p.text(),
    network: textOf<NetworkId>(),
    name: p.text(),
    tags: jsonOf<readonly string[]>(),
    state: textOf<WalletState>(),
    /** Canonical; absent while CREATING. */
    address: p.text().nullable(),
    /** What each node that holds its key has signed of its address; absent while CREATING. */
    attestations: jsonOf<readonly StoredReceipt[]>().nullable(),
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

/**
 * The wallet under its row lock, which every change of its spending takes first. Lock order:
 * authority, wallet, transfer, approval, network account, and the organisation's log last.
 */
export const lockWallet = (tx: Tx, organization: OrganizationId, id: WalletId) =>
  tx.findOne(Wallet, { id, organization }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** The paths of a key's wallets. */
export async function pathsOf(tx: Tx, key: KeyId): Promise<readonly string[]> {
  const rows = await tx.find(Wallet, { key }, { fields: ['path'] });
  return rows.map(({ path }) => path);
}

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

/** Makes each active wallet due that has words of others than these parties; how many there are. */
export async function wantWordsOf(
  tx: Tx,
  parties: readonly number[],
  now: Instant,
): Promise<number> {
  const rows = await tx.execute<{ id: WalletId }[]>(
    `update wallets set due_at = ? where state = 'ACTIVE' and due_at is null and exists (
       select 1 from jsonb_array_elements(attestations) word
       where not ((word->>'statement')::jsonb->>'party')::integer in (${parties.map(() => '?').join(',')})
     ) returning id`,
    [formatInstant(now), ...parties],
  );
  return rows.length;
}
