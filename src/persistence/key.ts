/** Keys, held in shares by the signer nodes, and what the nodes are doing with them. */
import { defineEntity, type InferEntity, LockMode, p } from '@mikro-orm/core';
import type { Bytes } from '#core/bytes.ts';
import type { KeyId, OrganizationId, UserId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import { at, bytes, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import type { EndReason, Waiting } from './transfer.ts';

/** A FAILED key was refused for good before it existed; with an EXPORTED one nobody signs any more. */
export type KeyState = 'CREATING' | 'ACTIVE' | 'EXPORTED' | 'FAILED';

export type KeyProvenance = 'generated' | 'imported';

/** What a job has the nodes do, one at a time. `user` asked for it, at `since` (RFC 3339). */
export type KeyTask = { readonly user: UserId; readonly since: string } & (
  | { readonly kind: 'create' | 'refresh' }
  /** `dealing` is public: its shares are encrypted to the nodes. */
  | { readonly kind: 'import'; readonly dealing: string }
  /** Parties ascending: who deals now, and who holds afterwards. */
  | {
      readonly kind: 'reshare';
      readonly dealers: readonly number[];
      readonly receivers: readonly number[];
      readonly threshold: number;
    }
  /** `recipient` is an X25519 public key in hex; `exporters` are parties, ascending. */
  | {
      readonly kind: 'export';
      readonly recipient: string;
      readonly exporters: readonly number[];
    }
);

/** `shares` are texts, each encrypted to the recipient. */
export type KeyExport = {
  readonly recipient: string;
  readonly exporters: readonly number[];
  readonly shares: readonly string[];
};

export const Key = defineEntity({
  name: 'Key',
  tableName: 'keys',
  uniques: [{ properties: ['organization', 'externalId'] }],
  indexes: [{ properties: ['dueAt'] }],
  properties: {
    id: textOf<KeyId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    scheme: textOf<Scheme>(),
    name: p.text(),
    state: textOf<KeyState>(),
    provenance: textOf<KeyProvenance>(),
    /** 33 bytes, compressed, on secp256k1; 32 on ed25519; absent until the nodes have made the key. */
    publicKey: bytes().nullable(),
    /** 32 bytes: with it everybody sees the addresses below the key. */
    chainCode: bytes().nullable(),
    externalId: p.text().nullable(),
    /** Canonical text of what the client sent, for its retries. */
    clientInput: p.text(),
    createdBy: textOf<UserId>(),
    createdAt: at(),
    /** The parties that hold shares, where it is not all of them. */
    holders: jsonOf<readonly number[]>().nullable(),
    /** When the holders last took new shares. */
    refreshedAt: at().nullable(),
    task: jsonOf<KeyTask>().nullable(),
    exported: jsonOf<KeyExport>().nullable(),
    /** What keeps the task from its end. */
    waiting: jsonOf<Waiting>().nullable(),
    /** Why the last task was refused for good. */
    failure: jsonOf<EndReason>().nullable(),
    /** Failed tries of the task. */
    attempts: p.integer(),
    /** When a job is to look at it again; absent when nothing is left to do. */
    dueAt: at().nullable(),
    version: p.integer().version(),
  },
});
export type KeyRow = InferEntity<typeof Key>;

/** A key of this organisation; another organisation's is as unknown as one that never was. */
export const findKey = (tx: Tx, organization: OrganizationId, id: KeyId) =>
  tx.findOne(Key, { id, organization });

/** The same under its row lock, which comes before those of its wallets. */
export const lockKey = (tx: Tx, organization: OrganizationId, id: KeyId) =>
  tx.findOne(Key, { id, organization }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** The public key of a wallet's key, where it exists. */
export async function publicKeyOf(tx: Tx, id: KeyId): Promise<Bytes | undefined> {
  return (await tx.findOneOrFail(Key, { id })).publicKey ?? undefined;
}
