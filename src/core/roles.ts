/** The roles that a user may hold. The policy language knows them by these names. */
import { invalidInput } from './errors.ts';

export const ROLES = ['admin', 'finance-operator', 'treasury-manager', 'compliance'] as const;

export type Role = (typeof ROLES)[number];

/** @throws INVALID_INPUT */
export function parseRole(text: string, field = 'role'): Role {
  const role = ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw invalidInput(field, `there is no role ${text}`, `Choose one of ${ROLES.join(', ')}.`);
}
