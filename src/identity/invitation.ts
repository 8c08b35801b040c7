/** Invitations: a new user, and a one-time link with which that person registers a passkey. */
import { type OrganizationId, parseId, type UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { type Instant, instant } from '#core/time.ts';
import { type Invitation, parseEnrolmentKey } from '#mandate/authority/inputs.ts';
import { ENROLMENT_LIFETIME_MS } from '#mandate/authority/credentials.ts';
import { invitationChange } from '#mandate/change-input.ts';
import { parseEmail, parsePersonName, parseRoles } from '#mandate/fields.ts';
import { transaction, type Tx } from '#persistence/database.ts';
import { endInvitations, insertInvitation, insertUser } from '#persistence/identity.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
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
 * A new user of the actor's organisation, with roles, and the link to register with.
 * @throws FORBIDDEN, INVALID_INPUT, and what `signedChange` throws
 */
export async function inviteUser(
  services: IdentityServices,
  actor: Actor,
  input: InviteInput,
  signed: SignedAction | null | undefined,
): Promise<Invited> {
  await requireAction(services, actor, 'inviteUser');
  const invite = parseInvite(input);
  const action = { operation: 'inviteUser', input: invitationChange(invite), signed };
  return signedChange(services, actor, action, async (tx, { subject }) => {
    const { organization, user } = actor;
    const id = parseId('user', subject);
    const invited = await insertInvitedUser(services, tx, { ...invite, id, organization });
    await record(services, tx, {
      organization,
      actor: user,
      action: 'user.invited',
      subject: id,
      detail: { name: invite.name, email: invite.email, roles: invite.roles },
    });
    return invited;
  });
}

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
): Promise<Invited> {
  const createdAt = services.clock.now();
  const expiresAt = instant(createdAt + ENROLMENT_LIFETIME_MS);
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  const { id, organization, name, email, roles } = invite;
  const user = { id, organization, kind: 'person', name, email, state: 'invited' } as const;
  await insertUser(tx, { ...user, createdAt }, roles);
  const invitation = freshId(services, 'invitation');
  await insertInvitation(tx, { id: invitation, user: id, tokenHash: hash, createdAt, expiresAt });
  return { user: id, link: inviteLink(services, token), token, expiresAt };
}
