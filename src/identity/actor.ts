/** Who asks: the person behind a session. Every use case takes one and checks its permission first. */
import type { OrganizationId, SessionId, UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';

export type Actor = {
  readonly organization: OrganizationId;
  readonly user: UserId;
  readonly session: SessionId;
  readonly roles: readonly Role[];
};
