/** What a user may do from now on. */
import { PlatformError } from '#core/errors.ts';
import { parseId, type UserId } from '#core/ids.ts';
import { type NewRoles } from '#mandate/authority/inputs.ts';
import { rolesChange } from '#mandate/change-input.ts';
import { parseRoles } from '#mandate/fields.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { findUser, replaceRoles, type UserRow } from '#persistence/identity.ts';
import { requireAction } from './action.ts';
import type { Actor } from './actor.ts';
import type { Effect } from './change-request.ts';
import { type IdentityServices, record } from './services.ts';
import { signedChange } from './signed-change.ts';
import type { SignedAction } from './user-action.ts';

export type ChangeRolesInput = { readonly userId: string; readonly roles: readonly string[] };

/** The canonical form: what is signed. @throws INVALID_INPUT */
export const parseRoleChange = (input: ChangeRolesInput): NewRoles => ({
  userId: parseId('user', input.userId, 'userId'),
  roles: parseRoles(input.roles),
});

/** @throws NOT_FOUND for a user of another organisation */
export async function requireOwnUser(
  tx: Tx,
  { organization }: Pick<Actor, 'organization'>,
  id: UserId,
): Promise<UserRow> {
  const found = await findUser(tx, id);
  if (found?.organization === organization) return found;
  throw new PlatformError('NOT_FOUND', { field: 'userId' });
}

/**
 * All the roles that the user holds afterwards; open sessions have them at once. Nobody changes their own.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and what `signedChange` throws
 */
export async function changeRoles(
  services: IdentityServices,
  actor: Actor,
  input: ChangeRolesInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'changeRoles');
  const roles = parseRoleChange(input);
  await requireOwnUser(reader(services.db), actor, roles.userId);
  const change = { operation: 'changeRoles', input: rolesChange(roles), signed };
  return signedChange(services, actor, change, setRoles);
}

export const setRoles: Effect = async (services, tx, { change, subject, state }) => {
  const user = parseId('user', subject);
  const { roles } = state.users.get(user) ?? { roles: [] };
  await replaceRoles(tx, user, roles, services.clock.now());
  const { organization, requestedBy: actor } = change;
  const detail = { roles };
  await record(services, tx, {
    organization,
    actor,
    action: 'user.roles-changed',
    subject,
    detail,
  });
};
