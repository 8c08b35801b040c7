/** Challenges of user actions: the statement that is to be signed, once, by one person, soon. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ChallengeId, CredentialId, OrganizationId, SessionId, UserId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { CeremonyChallenge } from './ceremony.ts';
import { at, counter, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { User } from './identity.ts';
import { Organization } from './organization.ts';
import { Session } from './session.ts';

/** A user action that waits for its signature. */
export const UserAction = defineEntity({
  name: 'UserAction',
  tableName: 'user_actions',
  indexes: [{ properties: ['credential', 'counter'] }],
  properties: {
    id: textOf<ChallengeId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    user: () => p.manyToOne(User).mapToPk(),
    session: () => p.manyToOne(Session).mapToPk(),
    /** The mutation's name. */
    operation: p.text(),
    /** Canonical text; its SHA-256 is the challenge. */
    statement: p.text(),
    /** The counter of each of the user's passkeys when the action began. */
    counters: jsonOf<Readonly<Record<CredentialId, number>>>(),
    createdAt: at(),
    expiresAt: at().index(),
    usedAt: at().nullable(),
    /** The passkey that signed, and the counter that its signature carried. */
    credential: textOf<CredentialId>().nullable(),
    counter: counter().nullable(),
  },
});
export type UserActionRow = InferEntity<typeof UserAction>;

export async function insertUserAction(
  tx: Tx,
  challenge: {
    readonly id: ChallengeId;
    readonly organization: OrganizationId;
    readonly user: UserId;
    readonly session: SessionId;
    readonly operation: string;
    readonly statement: string;
    readonly counters: Readonly<Record<CredentialId, number>>;
    readonly createdAt: Instant;
    readonly expiresAt: Instant;
  },
): Promise<void> {
  tx.create(UserAction, challenge);
  await tx.flush();
}

/** A session belongs to one user. A challenge that another session began is not found. */
export const findUserAction = (
  tx: Tx,
  id: ChallengeId,
  { session }: { readonly session: SessionId },
): Promise<UserActionRow | null> => tx.findOne(UserAction, { id, session });

/** Whether this call, and no other, used the challenge up. Waits for a call that is using it. */
export const useUserAction = async (
  tx: Tx,
  id: ChallengeId,
  use: { readonly credential: CredentialId; readonly counter: number; readonly now: Instant },
): Promise<boolean> =>
  (await tx.nativeUpdate(
    UserAction,
    { id, usedAt: null },
    { usedAt: use.now, credential: use.credential, counter: use.counter },
  )) === 1;

/** Whether another accepted signature of this passkey carried the same counter. */
export async function isCounterTaken(
  tx: Tx,
  credential: CredentialId,
  use: { readonly counter: number; readonly challenge: ChallengeId },
): Promise<boolean> {
  const other = { credential, counter: use.counter, id: { $ne: use.challenge } };
  return (await tx.count(UserAction, other)) + (await tx.count(CeremonyChallenge, other)) > 0;
}

/** Removes what expired before `before`; what is younger still answers `CHALLENGE_USED`. */
export const purgeUserActions = (tx: Tx, before: Instant): Promise<number> =>
  tx.nativeDelete(UserAction, { expiresAt: { $lt: before } });
