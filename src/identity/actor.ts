/** Who asks: the user behind a session. Every use case takes one and checks its permission first. */
import type { OrganizationId, SessionId, UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import type { UserKind } from '#persistence/identity.ts';

export type Actor = {
  readonly organization: OrganizationId;
  readonly user: UserId;
  readonly kind: UserKind;
  readonly session: SessionId;
  readonly roles: readonly Role[];
};
