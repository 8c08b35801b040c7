/** Invitations: a new user, and a one-time link with which that person registers a passkey. */
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { type OrganizationId, parseId, type UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { type Instant, instant } from '#core/time.ts';
import { type Invitation, parseEnrolmentKey } from '#mandate/authority/inputs.ts';
import { ENROLMENT_LIFETIME_MS } from '#mandate/authority/credentials.ts';
import { invitationChange } from '#mandate/change-input.ts';
import { parseEmail, parsePersonName, parseRoles } from '#mandate/fields.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { transaction, type Tx } from '#persistence/database.ts';
import { endInvitations, insertInvitation, insertUser } from '#persistence/identity.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import type { Effect } from './change-request.ts';
import { type IdentityServices, freshId, record } from './services.ts';
import { signedChange } from './signed-change.ts';
import { TOKEN_BYTES, freshToken } from './token.ts';
import type { SignedAction } from './user-action.ts';

export type InviteInput = {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly string[];
  /** The public half of the one-time key that the link will carry: Ed25519, base64url. */
  readonly enrolmentKey: string;
};

export type Invited = {
  /** The person exists once the invitation is in the authority log. */
  readonly user: UserId;
  /** Works once. It stands in the fragment, which browsers send to no server. */
  readonly link: string;
  readonly token: string;
  readonly expiresAt: Instant;
};

/** The canonical form of an invitation: what is signed. @throws INVALID_INPUT */
export const parseInvite = (input: InviteInput): Invitation => ({
  name: parsePersonName(input.name, 'name'),
  email: parseEmail(input.email, 'email'),
  roles: parseRoles(input.roles),
  enrolmentKey: parseEnrolmentKey(input.enrolmentKey),
});

/**
 * A new user of the actor's organisation, with roles, and the link to register with. Where people have to
 * approve of it first, the link works as soon as they have.
 * @throws FORBIDDEN, INVALID_INPUT, CHALLENGE_USED, and what `signedChange` throws
 */
export async function inviteUser(
  services: IdentityServices,
  actor: Actor,
  input: InviteInput,
  signed: SignedAction | null | undefined,
): Promise<Invited & { readonly change: ChangeRequestRow }> {
  await requireAction(services, actor, 'inviteUser');
  const invite = parseInvite(input);
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  const invitation = base64url(hash);
  const action = { operation: 'inviteUser', input: invitationChange(invite), signed, invitation };
  const change = await signedChange(services, actor, action, addInvitedUser);
  // Only the hash of the first answer's token is known: nobody gets that link again.
  if (change.invitation !== invitation) throw new PlatformError('CHALLENGE_USED');
  const expiresAt = instant(services.clock.now() + ENROLMENT_LIFETIME_MS);
  const user = parseId('user', change.subject);
  return { user, link: inviteLink(services, token), token, expiresAt, change };
}

/** What follows from an invitation: the user, and the link that works from now on. */
export const addInvitedUser: Effect = async (services, tx, { change, subject, state }) => {
  const id = parseId('user', subject);
  const made = state.users.get(id);
  if (made === undefined || !change.invitation) throw new Error(`nobody invited ${id}`);
  const { name, email, roles } = made;
  const { organization, requestedBy } = change;
  const hash = parseBase64url(change.invitation, 'invitation');
  await insertInvitedUser(services, tx, { id, organization, name, email, roles }, hash);
  await record(services, tx, {
    organization,
    actor: requestedBy,
    action: 'user.invited',
    subject: id,
    detail: { name, email: email ?? '', roles },
  });
};

/**
 * A new link for a user who has not registered yet; the links of before end. For whoever operates the
 * platform and has lost the first administrator's link.
 */
export async function renewInvitation(
  services: IdentityServices,
  user: { readonly id: UserId; readonly organization: OrganizationId },
): Promise<Invited> {
  const createdAt = services.clock.now();
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  const expiresAt = instant(createdAt + ENROLMENT_LIFETIME_MS);
  const id = freshId(services, 'invitation');
  await transaction(services.db, async (tx) => {
    await endInvitations(tx, user.id, createdAt);
    await insertInvitation(tx, { id, user: user.id, tokenHash: hash, createdAt, expiresAt });
    await record(services, tx, {
      organization: user.organization,
      actor: 'system',
      action: 'invitation.renewed',
      subject: user.id,
    });
  });
  return { user: user.id, link: inviteLink(services, token), token, expiresAt };
}

/** The token stands in the fragment, which browsers send to no server. */
export const inviteLink = ({ origin }: Pick<IdentityServices, 'origin'>, token: string): string =>
  `${origin}/#invite=${token}`;

/** Creates the user and the invitation in the caller's transaction. The caller records it. */
export async function insertInvitedUser(
  services: IdentityServices,
  tx: Tx,
  invite: {
    readonly id: UserId;
    readonly organization: OrganizationId;
    readonly name: string;
    readonly email: string | null;
    readonly roles: readonly Role[];
  },
  tokenHash: Bytes,
): Promise<{ readonly expiresAt: Instant }> {
  const createdAt = services.clock.now();
  const expiresAt = instant(createdAt + ENROLMENT_LIFETIME_MS);
  const { id, organization, name, email, roles } = invite;
  const user = { id, organization, kind: 'person', name, email, state: 'invited' } as const;
  await insertUser(tx, { ...user, createdAt }, roles);
  const invitation = freshId(services, 'invitation');
  await insertInvitation(tx, { id: invitation, user: id, tokenHash, createdAt, expiresAt });
  return { expiresAt };
}
