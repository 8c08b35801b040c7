/**
 * Authority over others, and who has it: whoever may make, lend, take or release authority. No one
 * person gives it, once two have had it (docs/adr/0028).
 */
import type { UserId } from '#core/ids.ts';
import { ROLES, type Role } from '#core/roles.ts';
import { type Permission, permissionsOf, type RoleHolder } from '#mandate/permissions.ts';
import type { Kind } from './kind.ts';
import { KINDS } from './kinds.ts';
import { activeCredentialsOf } from './members.ts';
import { type AuthorityState, isActivePerson } from './state.ts';

/** The permissions of the changes that take a person: no service account can use one of them. */
const OVER_OTHERS: ReadonlySet<string> = new Set(
  Object.values<Kind>(KINDS)
    .filter(({ peopleOnly }) => peopleOnly === true)
    .map(({ permission }) => permission),
);

export const isOverOthers = (permission: Permission): boolean => OVER_OTHERS.has(permission);

export const hasAuthorityOverOthers = ({ roles }: RoleHolder): boolean =>
  permissionsOf(roles).some(isOverOthers);

/** The roles that carry any of it. */
export const ROLES_OVER_OTHERS: readonly Role[] = ROLES.filter((role) =>
  hasAuthorityOverOthers({ roles: [role] }),
);

/** Whether this active person has any of it. */
export const isOverseer = (state: AuthorityState, id: UserId): boolean => {
  const user = state.users.get(id);
  return user !== undefined && isActivePerson(state, id) && hasAuthorityOverOthers(user);
};

/** Whether two people at least could sign as such now, each with a passkey that is good. */
export function isShared(state: AuthorityState): boolean {
  const able = [...state.users.keys()].filter(
    (id) => isOverseer(state, id) && activeCredentialsOf(state, id).length > 0,
  );
  return able.length > 1;
}
