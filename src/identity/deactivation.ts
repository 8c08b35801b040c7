/** The end of a user: a person who left, or a service account whose key was lost. */
import { PlatformError } from '#core/errors.ts';
import { parseId, type UserId } from '#core/ids.ts';
import { changeWithInput, parseChange } from '#mandate/change.ts';
import { endInvitations, findUser, suspendUser } from '#persistence/identity.ts';
import { revokeSessionsOf } from '#persistence/session.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import { type IdentityServices, record } from './services.ts';
import { consumeChange } from './signed-change.ts';
import { type SignedAction, signedTransaction } from './user-action.ts';

export type DeactivateUserInput = { readonly userId: string };

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseDeactivation = ({ userId }: DeactivateUserInput) => ({
  userId: parseId('user', userId, 'userId'),
});

/**
 * From here on the user cannot sign in, vote or initiate; open sessions end at once. Again is no
 * error. Nobody deactivates himself, so an administrator remains.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function deactivateUser(
  services: IdentityServices,
  actor: Actor,
  input: DeactivateUserInput,
  signed: SignedAction | null | undefined,
): Promise<UserId> {
  await requireAction(services, actor, 'deactivateUser');
  const change = parseDeactivation(input);
  const action = { operation: 'deactivateUser', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    const { organization, user } = actor;
    const found = await findUser(tx, change.userId);
    if (found?.organization !== organization)
      throw new PlatformError('NOT_FOUND', { field: 'userId' });
    if (found.state === 'suspended') {
      await consume((stored) => changeWithInput(parseChange(stored), change));
      return found.id;
    }
    await consumeChange(services, tx, actor, { input: change, consume });
    await suspendUser(tx, found.id);
    const now = services.clock.now();
    await revokeSessionsOf(tx, { user: found.id }, now);
    await endInvitations(tx, found.id, now);
    const entry = { organization, actor: user, action: 'user.deactivated', subject: found.id };
    await record(services, tx, entry);
    return found.id;
  });
}
