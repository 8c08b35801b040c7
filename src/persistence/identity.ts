/** People of an organisation: their roles, invitations and passkeys. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/postgresql';
import type { Bytes } from '#core/bytes.ts';
import type { CredentialId, InvitationId, OrganizationId, UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import type { Instant } from '#core/time.ts';
import { at, bytes, counter, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

/** A service account is a program's: it has a key instead of a passkey, and never approves. */
export type UserKind = 'person' | 'service-account';

/** `invited` has no passkey yet. Only an `active` user may sign in. */
export type UserState = 'invited' | 'active' | 'suspended';

export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  uniques: [{ properties: ['organization', 'email'] }],
  indexes: [{ properties: ['email'] }],
  properties: {
    id: textOf<UserId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    kind: textOf<UserKind>(),
    name: p.text(),
    /** Lower case. The first administrator may have none, and a service account has none. */
    email: p.text().nullable(),
    state: textOf<UserState>(),
    createdAt: at(),
  },
});
export type UserRow = InferEntity<typeof User>;

export const RoleAssignment = defineEntity({
  name: 'RoleAssignment',
  tableName: 'role_assignments',
  properties: {
    user: () => p.manyToOne(User).mapToPk().primary(),
    role: textOf<Role>().primary(),
    createdAt: at(),
  },
});

export const Invitation = defineEntity({
  name: 'Invitation',
  tableName: 'invitations',
  properties: {
    id: textOf<InvitationId>().primary(),
    user: () => p.manyToOne(User).mapToPk(),
    /** SHA-256 of the one-time token; the token itself is nowhere stored. */
    tokenHash: bytes().unique(),
    createdAt: at(),
    expiresAt: at(),
    usedAt: at().nullable(),
  },
});
export type InvitationRow = InferEntity<typeof Invitation>;

/**
 * A `suspended` credential signs nothing any more: its counter said that a copy exists. Nor does a `revoked`
 * one, by a change of the authority log.
 */
export type CredentialState = 'active' | 'suspended' | 'revoked';

/** As the mandate floor knows them. */
export type CredentialKind = 'passkey' | 'service-key';

export const Credential = defineEntity({
  name: 'Credential',
  tableName: 'credentials',
  properties: {
    id: textOf<CredentialId>().primary(),
    user: () => p.manyToOne(User).mapToPk(),
    kind: textOf<CredentialKind>(),
    /** The authenticator's own id of the passkey, or the id of the key, base64url. */
    externalId: p.text().unique(),
    /** COSE_Key. */
    publicKey: bytes(),
    /** The highest signature counter seen; 0 where the authenticator does not count. */
    counter: counter(),
    /** Absent until it has signed for the first time, where no ceremony said so before. */
    backupEligible: p.boolean().nullable(),
    state: textOf<CredentialState>(),
    createdAt: at(),
    lastUsedAt: at().nullable(),
  },
});
export type CredentialRow = InferEntity<typeof Credential>;

export async function insertUser(
  tx: Tx,
  user: {
    readonly id: UserId;
    readonly organization: OrganizationId;
    readonly kind: UserKind;
    readonly name: string;
    readonly email: string | null;
    readonly state: UserState;
    readonly createdAt: Instant;
  },
  roles: readonly Role[],
): Promise<void> {
  tx.create(User, user);
  for (const role of roles) {
    tx.create(RoleAssignment, { user: user.id, role, createdAt: user.createdAt });
  }
  await tx.flush();
}

export const findUser = (tx: Tx, id: UserId): Promise<UserRow | null> => tx.findOne(User, { id });

/** The user with this e-mail address in one organisation. */
export const findUserByEmail = (
  tx: Tx,
  organization: OrganizationId,
  email: string,
): Promise<UserRow | null> => tx.findOne(User, { organization, email });

export async function rolesOf(tx: Tx, user: UserId): Promise<readonly Role[]> {
  const rows = await tx.find(RoleAssignment, { user }, { orderBy: { role: 'asc' } });
  return rows.map(({ role }) => role);
}

export async function insertInvitation(
  tx: Tx,
  invitation: {
    readonly id: InvitationId;
    readonly user: UserId;
    readonly tokenHash: Bytes;
    readonly createdAt: Instant;
    readonly expiresAt: Instant;
  },
): Promise<void> {
  tx.create(Invitation, invitation);
  await tx.flush();
}

export const findInvitation = (tx: Tx, id: InvitationId): Promise<InvitationRow | null> =>
  tx.findOne(Invitation, { id });

export const findInvitationByToken = (tx: Tx, tokenHash: Bytes): Promise<InvitationRow | null> =>
  tx.findOne(Invitation, { tokenHash });

/** Moves the end of an unused invitation. Whether there was one. */
export const moveInvitationEnd = async (
  tx: Tx,
  tokenHash: Bytes,
  expiresAt: Instant,
): Promise<boolean> =>
  (await tx.nativeUpdate(Invitation, { tokenHash, usedAt: null }, { expiresAt })) === 1;

/** Ends every unused invitation of a user. */
export const endInvitations = (tx: Tx, user: UserId, now: Instant): Promise<number> =>
  tx.nativeUpdate(Invitation, { user, usedAt: null }, { expiresAt: now });

/** Whether this call, and no other, used the invitation up; its user is active from here on. */
export async function useInvitation(
  tx: Tx,
  invitation: { readonly id: InvitationId; readonly user: UserId },
  now: Instant,
): Promise<boolean> {
  const used = await tx.nativeUpdate(
    Invitation,
    { id: invitation.id, usedAt: null },
    { usedAt: now },
  );
  if (used === 1) {
    await tx.nativeUpdate(User, { id: invitation.user, state: 'invited' }, { state: 'active' });
  }
  return used === 1;
}

export async function insertCredential(
  tx: Tx,
  credential: {
    readonly id: CredentialId;
    readonly user: UserId;
    readonly kind: CredentialKind;
    readonly externalId: string;
    readonly publicKey: Bytes;
    readonly counter: number;
    readonly backupEligible: boolean | null;
    readonly createdAt: Instant;
  },
): Promise<void> {
  tx.create(Credential, { ...credential, state: 'active' });
  await tx.flush();
}

/** By the authenticator's own id; one passkey belongs to one user of the whole platform. */
export const findCredential = (tx: Tx, externalId: string): Promise<CredentialRow | null> =>
  tx.findOne(Credential, { externalId });

export const activeCredentials = (tx: Tx, user: UserId): Promise<CredentialRow[]> =>
  tx.find(Credential, { user, state: 'active' }, { orderBy: { id: 'asc' } });

/** The active passkeys of every active user with this address, in whatever organisation. */
export async function activeCredentialsByEmail(tx: Tx, email: string): Promise<CredentialRow[]> {
  const users = await tx.find(User, { email, state: 'active' });
  const ids = users.map(({ id }) => id);
  return tx.find(Credential, { user: { $in: ids }, state: 'active' }, { orderBy: { id: 'asc' } });
}

/** Reads the row afresh and holds it to the end of the transaction. */
export const lockCredential = (tx: Tx, id: CredentialId): Promise<CredentialRow> =>
  tx.findOneOrFail(Credential, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });

/** The caller holds the row and has decided that the counter may move. */
export async function recordUse(
  tx: Tx,
  credential: CredentialRow,
  { counter, backupEligible }: { readonly counter: number; readonly backupEligible: boolean },
  now: Instant,
): Promise<void> {
  const highest = Math.max(credential.counter, counter);
  const use = { counter: highest, lastUsedAt: now, backupEligible };
  await tx.nativeUpdate(Credential, { id: credential.id }, use);
}

/** Whether this call suspended the user. */
export const suspendUser = async (tx: Tx, id: UserId): Promise<boolean> =>
  (await tx.nativeUpdate(User, { id, state: { $ne: 'suspended' } }, { state: 'suspended' })) === 1;

/** For good, whatever their state was. */
export const revokeCredentials = async (
  tx: Tx,
  which: { readonly id: CredentialId } | { readonly user: UserId },
): Promise<void> => {
  await tx.nativeUpdate(Credential, which, { state: 'revoked' });
};

/** Until the user registers a passkey, they may do nothing. */
export const expectRegistration = async (tx: Tx, id: UserId): Promise<void> => {
  await tx.nativeUpdate(User, { id }, { state: 'invited' });
};

/** These roles and no others. */
export async function replaceRoles(
  tx: Tx,
  user: UserId,
  roles: readonly Role[],
  createdAt: Instant,
): Promise<void> {
  await tx.nativeDelete(RoleAssignment, { user, role: { $nin: [...roles] } });
  const held = new Set(await rolesOf(tx, user));
  for (const role of roles)
    if (!held.has(role)) tx.create(RoleAssignment, { user, role, createdAt });
  await tx.flush();
}

/** Whether this call suspended it. */
export const suspendCredential = async (tx: Tx, id: CredentialId): Promise<boolean> =>
  (await tx.nativeUpdate(Credential, { id, state: 'active' }, { state: 'suspended' })) === 1;

/** Those of these users who are people, and active: whose votes count. */
export async function activePeople(tx: Tx, ids: readonly UserId[]): Promise<readonly UserId[]> {
  if (ids.length === 0) return [];
  const users = await tx.find(User, { id: { $in: [...ids] }, kind: 'person', state: 'active' });
  return users.map(({ id }) => id);
}

/** The active people of an organisation who hold one of these roles. */
export async function activePeopleWith(
  tx: Tx,
  organization: OrganizationId,
  roles: readonly Role[],
): Promise<readonly UserId[]> {
  const users = await tx.find(User, { organization, kind: 'person', state: 'active' });
  const held = await tx.find(RoleAssignment, {
    user: { $in: users.map(({ id }) => id) },
    role: { $in: [...roles] },
  });
  return [...new Set(held.map(({ user }) => user))];
}

/** Everybody of an organisation who has an e-mail address and is not suspended, by that address. */
export async function usersByEmail(
  tx: Tx,
  organization: OrganizationId,
): Promise<ReadonlyMap<string, UserId>> {
  const users = await tx.find(User, { organization, state: { $ne: 'suspended' } });
  return new Map(
    users.flatMap(({ email, id }) => (email === null || email === undefined ? [] : [[email, id]])),
  );
}
