import { expect, test } from 'vitest';
import { newId } from '#core/ids.ts';
import { ROLES, type Role } from '#core/roles.ts';
import type { Actor } from './actor.ts';
import { type Permission, hasPermission, permissionsOf, requirePermission } from './permissions.ts';

const someone = (...roles: Role[]): Actor => ({
  organization: newId('organization', 0, new Uint8Array(10)),
  user: newId('user', 0, new Uint8Array(10)),
  kind: 'person',
  session: newId('session', 0, new Uint8Array(10)),
  roles,
});

test.each<[Permission, Role[]]>([
  ['users:invite', ['admin']],
  ['users:deactivate', ['admin']],
  ['users:read', ['admin']],
  ['keys:create', ['admin', 'treasury-manager']],
  ['keys:refresh', ['admin']],
  ['keys:reshare', ['admin']],
  ['keys:import', ['admin']],
  ['keys:export', ['admin']],
  ['keys:read', [...ROLES]],
  ['wallets:create', ['admin', 'treasury-manager']],
  ['wallets:read', [...ROLES]],
  ['transfers:create', ['finance-operator']],
  ['transfers:cancel', ['finance-operator']],
  ['transfers:read', [...ROLES]],
  ['approvals:decide', ['finance-operator', 'treasury-manager']],
  ['approvals:read', ['finance-operator', 'treasury-manager', 'compliance']],
  ['policies:publish', ['compliance']],
  ['policies:read', [...ROLES]],
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
