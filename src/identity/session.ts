/** Sessions: an opaque token, revocable at once, and worth nothing after its time. */
import { PlatformError } from '#core/errors.ts';
import type { CredentialId, OrganizationId, UserId } from '#core/ids.ts';
import { HOUR_MS, type Instant, instant } from '#core/time.ts';
import { type Tx, reader, transaction } from '#persistence/database.ts';
import { findUser, rolesOf, type UserKind } from '#persistence/identity.ts';
import { findSessionByToken, insertSession, revokeSession } from '#persistence/session.ts';
import type { Actor } from './actor.ts';
import { type IdentityServices, freshId, record } from './services.ts';
import { TOKEN_BYTES, freshToken, tokenHash } from './token.ts';

export const SESSION_LIFETIME_MS = 12 * HOUR_MS;

/** What a completed login or registration answers; the token is shown here and never again. */
export type OpenedSession = {
  readonly token: string;
  readonly actor: Actor;
  readonly expiresAt: Instant;
};

/** Opens a session for a user whose credential was just verified, in the caller's transaction. */
export async function openSession(
  services: IdentityServices,
  tx: Tx,
  owner: {
    readonly organization: OrganizationId;
    readonly user: UserId;
    readonly kind: UserKind;
    readonly credential: CredentialId;
  },
): Promise<OpenedSession> {
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  const createdAt = services.clock.now();
  const expiresAt = instant(createdAt + SESSION_LIFETIME_MS);
  const id = freshId(services, 'session');
  const { kind, ...opener } = owner;
  await insertSession(tx, { ...opener, id, tokenHash: hash, createdAt, expiresAt });
  const roles = await rolesOf(tx, owner.user);
  const { organization, user } = owner;
  return { token, actor: { organization, user, kind, session: id, roles }, expiresAt };
}

/**
 * Who a token stands for, and until when. Roles are read each time, so a change counts at once.
 * @throws UNAUTHENTICATED, SESSION_EXPIRED, SESSION_REVOKED
 */
export async function authenticate(
  services: IdentityServices,
  token: string,
): Promise<Actor & { readonly expiresAt: Instant }> {
  const hash = tokenHash(token);
  const tx = reader(services.db);
  const session = hash && (await findSessionByToken(tx, hash));
  if (!session) throw new PlatformError('UNAUTHENTICATED');
  if (session.revokedAt !== null) throw new PlatformError('SESSION_REVOKED');
  if (session.expiresAt <= services.clock.now()) throw new PlatformError('SESSION_EXPIRED');
  const user = await findUser(tx, session.user);
  if (user?.state !== 'active') throw new PlatformError('SESSION_REVOKED');
  const { organization, id, expiresAt } = session;
  const roles = await rolesOf(tx, user.id);
  return { organization, user: user.id, kind: user.kind, session: id, roles, expiresAt };
}

/** Ends the actor's session; every gateway hears of it when this returns. Again is no error. */
export async function logout(services: IdentityServices, actor: Actor): Promise<void> {
  await transaction(services.db, async (tx) => {
    if (!(await revokeSession(tx, actor.session, services.clock.now()))) return;
    await record(services, tx, {
      organization: actor.organization,
      actor: actor.user,
      action: 'session.ended',
      subject: actor.session,
    });
  });
}
