/** The end of a user: a person who left, or a service account whose key was lost. */
import { PlatformError } from '#core/errors.ts';
import { parseId, type UserId } from '#core/ids.ts';
import { changeWithInput, parseChange } from '#mandate/change.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { endInvitations, findUser, suspendUser } from '#persistence/identity.ts';
import { revokeSessionsOf } from '#persistence/session.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import type { Effect } from './change-request.ts';
import { type IdentityServices, record } from './services.ts';
import { signedChange } from './signed-change.ts';
import { type SignedAction, signedTransaction } from './user-action.ts';

export type DeactivateUserInput = { readonly userId: string };

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseDeactivation = ({ userId }: DeactivateUserInput) => ({
  userId: parseId('user', userId, 'userId'),
});

export type Deactivated = {
  readonly user: UserId;
  /** Absent where the user was deactivated already. */
  readonly change?: ChangeRequestRow;
};

/**
 * From here on, or from when people have approved of it, the user cannot sign in, vote or initiate; open
 * sessions end at once. Again is no error. Nobody deactivates himself, so an administrator remains.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function deactivateUser(
  services: IdentityServices,
  actor: Actor,
  input: DeactivateUserInput,
  signed: SignedAction | null | undefined,
): Promise<Deactivated> {
  await requireAction(services, actor, 'deactivateUser');
  const change = parseDeactivation(input);
  const { userId: user } = change;
  const { organization } = actor;
  const found = await findUser(reader(services.db), user);
  if (found?.organization !== organization)
    throw new PlatformError('NOT_FOUND', { field: 'userId' });
  const action = { operation: 'deactivateUser', input: change, signed };
  if (found.state !== 'suspended') {
    return { user, change: await signedChange(services, actor, action, suspendDeactivated) };
  }
  await signedTransaction(services, actor, action, (_, consume) =>
    consume((stored) => changeWithInput(parseChange(stored), change)),
  );
  return { user };
}

/** What follows from the change: the end of sessions, and of links that were not used yet. */
export const suspendDeactivated: Effect = async (services, tx, { change, subject }) => {
  const user = parseId('user', subject);
  const now = services.clock.now();
  await suspendUser(tx, user);
  await revokeSessionsOf(tx, { user }, now);
  await endInvitations(tx, user, now);
  const { organization, requestedBy } = change;
  const entry = { organization, actor: requestedBy, action: 'user.deactivated', subject: user };
  await record(services, tx, entry);
};
