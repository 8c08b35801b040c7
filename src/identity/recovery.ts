/** A person who has lost every passkey: the old ones end, and a one-time link lets a new one in. */
import { base64url, parseBase64url } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { ENROLMENT_LIFETIME_MS } from '#mandate/authority/credentials.ts';
import { parseEnrolmentKey, type Recovery } from '#mandate/authority/inputs.ts';
import { recoveryChange } from '#mandate/change-input.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import {
  endInvitations,
  expectRegistration,
  insertInvitation,
  revokeCredentials,
} from '#persistence/identity.ts';
import { revokeSessionsOf } from '#persistence/session.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import type { Effect } from './change-request.ts';
import { type Invited, inviteLink } from './invitation.ts';
import { requireOwnUser } from './roles.ts';
import { freshId, type IdentityServices, record } from './services.ts';
import { signedChange } from './signed-change.ts';
import { freshToken, TOKEN_BYTES } from './token.ts';
import type { SignedAction } from './user-action.ts';

export type RecoverUserInput = {
  readonly userId: string;
  /** The public half of the one-time key that the link will carry: Ed25519, base64url. */
  readonly enrolmentKey: string;
};

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseRecovery = (input: RecoverUserInput): Recovery => ({
  userId: parseId('user', input.userId, 'userId'),
  enrolmentKey: parseEnrolmentKey(input.enrolmentKey),
});

/**
 * A new link for somebody who has registered before. It works as soon as another person has approved of
 * it; from then on nothing of before signs for that user.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, CHALLENGE_USED, and what `signedChange` throws
 */
export async function recoverUser(
  services: IdentityServices,
  actor: Actor,
  input: RecoverUserInput,
  signed: SignedAction | null | undefined,
): Promise<Invited & { readonly change: ChangeRequestRow }> {
  await requireAction(services, actor, 'recoverUser');
  const recovery = parseRecovery(input);
  const { userId: user } = recovery;
  await requireOwnUser(reader(services.db), actor, user);
  const { token, hash } = freshToken(services.random(TOKEN_BYTES));
  const invitation = base64url(hash);
  const action = { operation: 'recoverUser', input: recoveryChange(recovery), signed, invitation };
  const change = await signedChange(services, actor, action, expectAnew);
  // Only the hash of the first answer's token is known: nobody gets that link again.
  if (change.invitation !== invitation) throw new PlatformError('CHALLENGE_USED');
  const expiresAt = instant(services.clock.now() + ENROLMENT_LIFETIME_MS);
  return { user, link: inviteLink(services, token), token, expiresAt, change };
}

/** What follows from a recovery: the end of what the person had, and the link that works from now on. */
export const expectAnew: Effect = async (services, tx, { change, subject }) => {
  const user = parseId('user', subject);
  if (!change.invitation) throw new Error(`nobody recovers ${user}`);
  const createdAt = services.clock.now();
  await expectRegistration(tx, user);
  await revokeCredentials(tx, { user });
  await revokeSessionsOf(tx, { user }, createdAt);
  await endInvitations(tx, user, createdAt);
  await insertInvitation(tx, {
    id: freshId(services, 'invitation'),
    user,
    tokenHash: parseBase64url(change.invitation, 'invitation'),
    createdAt,
    expiresAt: instant(createdAt + ENROLMENT_LIFETIME_MS),
  });
  const { organization, requestedBy: actor } = change;
  await record(services, tx, { organization, actor, action: 'user.recovered', subject: user });
};
