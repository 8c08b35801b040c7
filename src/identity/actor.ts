/** Who acts: the person behind a session, as `authenticate` found them. */
import type { OrganizationId, SessionId, UserId } from '#core/ids.ts';

/** Role names as the policy language writes them. */
export const ROLES = ['admin', 'finance-operator', 'treasury-manager', 'compliance'] as const;
export type Role = (typeof ROLES)[number];

export type Actor = {
  readonly organization: OrganizationId;
  readonly user: UserId;
  readonly session: SessionId;
  readonly roles: readonly Role[];
};
