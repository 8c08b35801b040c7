import { expect, test } from 'vitest';
import { ROLES, type Role } from '#core/roles.ts';
import {
  type Permission,
  type RoleHolder,
  hasPermission,
  permissionsOf,
  requirePermission,
} from './permissions.ts';

const someone = (...roles: Role[]): RoleHolder => ({ roles });

test.each<[Permission, Role[]]>([
  ['users:invite', ['admin']],
  ['users:assign', ['admin']],
  ['users:deactivate', ['admin']],
  ['users:recover', ['admin', 'compliance']],
  ['users:read', ['admin']],
  ['credentials:revoke', ['admin']],
  ['keys:create', ['admin', 'treasury-manager']],
  ['keys:refresh', ['admin']],
  ['keys:reshare', ['admin']],
  ['keys:import', ['admin']],
  ['keys:export', ['admin']],
  ['keys:unlock', ['admin']],
  ['keys:read', [...ROLES]],
  ['wallets:create', ['admin', 'treasury-manager']],
  ['wallets:update', ['compliance']],
  ['wallets:freeze', ['admin', 'treasury-manager', 'compliance']],
  ['wallets:unfreeze', ['admin', 'treasury-manager', 'compliance']],
  ['organization:freeze', ['admin', 'treasury-manager', 'compliance']],
  ['organization:unfreeze', ['admin', 'treasury-manager', 'compliance']],
  ['nodes:restore', ['admin', 'treasury-manager', 'compliance']],
  ['nodes:readmit', ['admin', 'treasury-manager', 'compliance']],
  ['wallets:read', [...ROLES]],
  ['transfers:create', ['finance-operator']],
  ['transfers:cancel', ['finance-operator']],
  ['transfers:read', [...ROLES]],
  ['approvals:decide', ['finance-operator', 'treasury-manager']],
  ['approvals:read', ['finance-operator', 'treasury-manager', 'compliance']],
  ['policies:publish', ['compliance']],
  ['policies:read', [...ROLES]],
  ['lists:set', ['compliance']],
  ['groups:set', ['compliance']],
  ['assets:register', ['compliance']],
  ['audit:read', ['admin', 'compliance']],
])('%s is granted to %j and to nobody else', (permission, roles) => {
  expect(ROLES.filter((role) => hasPermission(someone(role), permission))).toEqual(roles);
});

test('a missing permission is refused by name, and roles add up', () => {
  const alice = someone('finance-operator');
  requirePermission(alice, 'transfers:create');
  expect(() => requirePermission(alice, 'policies:publish')).toThrow(
    expect.objectContaining({
      code: 'FORBIDDEN',
      context: expect.objectContaining({ permission: 'policies:publish' }),
    }),
  );
  requirePermission(someone('finance-operator', 'compliance'), 'policies:publish');
  expect(() => requirePermission(someone(), 'wallets:read')).toThrow(/wallets:read/);
  expect(permissionsOf(['admin', 'compliance'])).toContain('audit:read');
});
