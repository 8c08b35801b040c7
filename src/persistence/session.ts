/** Sessions: only the hash of a session's token is stored, and an ended session stays recorded. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { Bytes } from '#core/bytes.ts';
import type { CredentialId, OrganizationId, SessionId, UserId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { at, bytes, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Credential, User } from './identity.ts';
import { Organization } from './organization.ts';

/** The channel on which the end of a session is told; the payload is the session's id. */
export const SESSION_CHANNEL = 'countersign_sessions';

export const Session = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: textOf<SessionId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    user: () => p.manyToOne(User).mapToPk(),
    /** What opened it. */
    credential: () => p.manyToOne(Credential).mapToPk().index(),
    /** SHA-256 of the token. */
    tokenHash: bytes().unique(),
    createdAt: at(),
    expiresAt: at(),
    revokedAt: at().nullable(),
  },
});
export type SessionRow = InferEntity<typeof Session>;

export async function insertSession(
  tx: Tx,
  session: {
    readonly id: SessionId;
    readonly organization: OrganizationId;
    readonly user: UserId;
    readonly credential: CredentialId;
    readonly tokenHash: Bytes;
    readonly createdAt: Instant;
    readonly expiresAt: Instant;
  },
): Promise<void> {
  tx.create(Session, session);
  await tx.flush();
}

export const findSessionByToken = (tx: Tx, tokenHash: Bytes): Promise<SessionRow | null> =>
  tx.findOne(Session, { tokenHash });

/** Which of these sessions were ended before their time. */
export async function endedAmong(
  tx: Tx,
  sessions: readonly SessionId[],
): Promise<readonly SessionId[]> {
  const rows = await tx.find(Session, { id: { $in: [...sessions] }, revokedAt: { $ne: null } });
  return rows.map(({ id }) => id);
}

/** Whether this call ended the session. Every gateway is told when the transaction commits. */
export async function revokeSession(tx: Tx, id: SessionId, now: Instant): Promise<boolean> {
  const revoked = await tx.nativeUpdate(Session, { id, revokedAt: null }, { revokedAt: now });
  if (revoked === 1) await tx.execute('select pg_notify(?, ?)', [SESSION_CHANNEL, id]);
  return revoked === 1;
}

/** Ends every open session of this user, or that this credential opened. */
export async function revokeSessionsOf(
  tx: Tx,
  owner: { readonly credential: CredentialId } | { readonly user: UserId },
  now: Instant,
): Promise<void> {
  const open = await tx.find(Session, { ...owner, revokedAt: null });
  for (const { id } of open) await revokeSession(tx, id, now);
}
