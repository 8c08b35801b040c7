/** Invitations: a new user, and a one-time link with which that person registers a passkey. */
import { invalidInput } from '#core/errors.ts';
import type { OrganizationId, UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { DAY_MS, type Instant, instant } from '#core/time.ts';
import { changeWithInput, parseChange } from '#mandate/change.ts';
import { parseEmail, parsePersonName, parseRoles } from '#mandate/fields.ts';
import { transaction, type Tx } from '#persistence/database.ts';
import {
  endInvitations,
  findUserByEmail,
  insertInvitation,
  insertUser,
} from '#persistence/identity.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import { type IdentityServices, freshId, record } from './services.ts';
import { TOKEN_BYTES, freshToken } from './token.ts';
import { type SignedAction, signedTransaction } from './user-action.ts';

export const INVITATION_LIFETIME_MS = 7 * DAY_MS;

export type InviteInput = {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly string[];
};

/** The canonical form of an invitation: what is signed. Roles stand in the order of `ROLES`. */
export type Invite = {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly Role[];
};

export type Invited = {
  readonly user: UserId;
  /** Works once. It stands in the fragment, which browsers send to no server. */
  readonly link: string;
  readonly token: string;
  readonly expiresAt: Instant;
};

/** @throws INVALID_INPUT */
export function parseInvite(input: InviteInput): Invite {
  const roles = parseRoles(input.roles);
  return {
    name: parsePersonName(input.name, 'name'),
    email: parseEmail(input.email, 'email'),
    roles,
  };
}

/**
 * A new user of the actor's organisation, with roles, and the link to register with.
 * @throws FORBIDDEN, INVALID_INPUT, CHANGE_DENIED, CHANGE_NEEDS_APPROVAL,
 *   and what `signedTransaction` throws
 */
export async function inviteUser(
  services: IdentityServices,
  actor: Actor,
  input: InviteInput,
  signed: SignedAction | null | undefined,
): Promise<Invited> {
  await requireAction(services, actor, 'inviteUser');
  const invite = parseInvite(input);
  const action = { operation: 'inviteUser', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    await consume((stored) => changeWithInput(parseChange(stored), invite));
    const { organization, user } = actor;
    if ((await findUserByEmail(tx, organization, invite.email)) !== null) {
      throw invalidInput('email', 'a user has this address already', 'Use another address.');
    }
    const { email, roles } = invite;
    await services.govern(services, tx, actor, { kind: 'assign', target: email, roles });
    const invited = await insertInvitedUser(services, tx, organization, invite);
    await record(services, tx, {
      organization,
      actor: user,
      action: 'user.invited',
      subject: invited.user,
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
  const expiresAt = instant(createdAt + INVITATION_LIFETIME_MS);
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
  organization: OrganizationId,
  invite: { readonly name: string; readonly email: string | null; readonly roles: readonly Role[] },
): Promise<Invited> {
  const createdAt = services.clock.now();
  const expiresAt = instant(createdAt + INVITATION_LIFETIME_MS);
  const id = freshId(services, 'user');
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  const { name, email, roles } = invite;
  const user = { id, organization, kind: 'person', name, email, state: 'invited' } as const;
  await insertUser(tx, { ...user, createdAt }, roles);
  const invitation = freshId(services, 'invitation');
  await insertInvitation(tx, { id: invitation, user: id, tokenHash: hash, createdAt, expiresAt });
  return { user: id, link: inviteLink(services, token), token, expiresAt };
}
