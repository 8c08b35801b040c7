/**
 * What each role may do. This is the one place where a permission is granted; the gateway and every
 * signer node read it.
 */
import { PlatformError } from '#core/errors.ts';
import { type Role, ROLES } from '#core/roles.ts';

export type Permission =
  | 'users:invite'
  | 'users:assign'
  | 'users:deactivate'
  | 'users:recover'
  | 'users:read'
  | 'credentials:revoke'
  | 'keys:create'
  | 'keys:refresh'
  | 'keys:reshare'
  | 'keys:import'
  | 'keys:export'
  | 'keys:unlock'
  | 'keys:read'
  | 'wallets:create'
  | 'wallets:update'
  | 'wallets:freeze'
  | 'wallets:unfreeze'
  | 'wallets:read'
  | 'organization:freeze'
  | 'organization:unfreeze'
  | 'nodes:restore'
  | 'nodes:readmit'
  | 'transfers:create'
  | 'transfers:cancel'
  | 'transfers:read'
  | 'approvals:decide'
  | 'approvals:read'
  | 'changes:decide'
  | 'changes:read'
  | 'policies:publish'
  | 'policies:read'
  | 'lists:set'
  | 'groups:set'
  | 'assets:register'
  | 'audit:read';

/**
 * A finance operator may try to decide an approval, and everybody an approval of a change: whether a
 * person is eligible is the approval's own rule, and its answer says so.
 */
const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  admin: [
    'users:invite',
    'users:assign',
    'users:deactivate',
    'users:recover',
    'users:read',
    'credentials:revoke',
    'keys:create',
    'keys:refresh',
    'keys:reshare',
    'keys:import',
    'keys:export',
    'keys:unlock',
    'keys:read',
    'wallets:create',
    'wallets:freeze',
    'wallets:unfreeze',
    'wallets:read',
    'organization:freeze',
    'organization:unfreeze',
    'nodes:restore',
    'nodes:readmit',
    'transfers:read',
    'changes:decide',
    'changes:read',
    'policies:read',
    'audit:read',
  ],
  'finance-operator': [
    'keys:read',
    'wallets:read',
    'transfers:create',
    'transfers:cancel',
    'transfers:read',
    'approvals:decide',
    'approvals:read',
    'changes:decide',
    'changes:read',
    'policies:read',
  ],
  'treasury-manager': [
    'keys:create',
    'keys:read',
    'wallets:create',
    'wallets:freeze',
    'wallets:unfreeze',
    'wallets:read',
    'organization:freeze',
    'organization:unfreeze',
    'nodes:restore',
    'nodes:readmit',
    'transfers:read',
    'approvals:decide',
    'approvals:read',
    'changes:decide',
    'changes:read',
    'policies:read',
  ],
  compliance: [
    'users:recover',
    'keys:read',
    'wallets:freeze',
    'wallets:unfreeze',
    'wallets:read',
    'organization:freeze',
    'organization:unfreeze',
    'nodes:restore',
    'nodes:readmit',
    'transfers:read',
    'approvals:read',
    'changes:decide',
    'changes:read',
    'policies:publish',
    'policies:read',
    'wallets:update',
    'lists:set',
    'groups:set',
    'assets:register',
    'audit:read',
  ],
};

/** The roles that have a permission. */
export const rolesWith = (permission: Permission): readonly Role[] =>
  ROLES.filter((role) => PERMISSIONS[role].includes(permission));

/** Every permission of these roles, sorted, each once. */
export const permissionsOf = (roles: readonly Role[]): readonly Permission[] =>
  [...new Set(roles.flatMap((role) => PERMISSIONS[role]))].toSorted();

/** Whoever has roles: the user behind a session, or one of the authority log. */
export type RoleHolder = { readonly roles: readonly Role[] };

export const hasPermission = (holder: RoleHolder, permission: Permission): boolean =>
  holder.roles.some((role) => PERMISSIONS[role].includes(permission));

/** @throws FORBIDDEN naming the permission that is missing */
export function requirePermission(holder: RoleHolder, permission: Permission): void {
  if (hasPermission(holder, permission)) return;
  throw new PlatformError('FORBIDDEN', {
    permission,
    reason: `the permission ${permission} is missing`,
  });
}
