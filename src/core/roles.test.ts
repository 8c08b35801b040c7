import { expect, test } from 'vitest';
import { ROLES, parseRole } from './roles.ts';

test('a role is read by its exact name', () => {
  expect(ROLES.map((role) => parseRole(role))).toEqual(ROLES);
  for (const text of ['Admin', 'owner', '']) expect(() => parseRole(text)).toThrow(/no role/);
});
