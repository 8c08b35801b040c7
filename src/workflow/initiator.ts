/** Who asks, as a policy sees it. */
import type { UserId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import type { RequestFacts } from '#policy-lang/snapshot.ts';
import type { Tx } from '#persistence/database.ts';
import { findUser, rolesOf } from '#persistence/identity.ts';
import type { PolicyInForce } from './policy-in-force.ts';

export type Initiator = {
  readonly id: UserId;
  readonly email?: string;
  readonly roles: readonly Role[];
};

/** The user as of now: roles may have changed since the request. */
export async function initiatorOf(tx: Tx, id: UserId): Promise<Initiator> {
  const user = await findUser(tx, id);
  const email = user?.email;
  return {
    id,
    ...(typeof email === 'string' ? { email } : {}),
    roles: await rolesOf(tx, id),
  };
}

/**
 * With the groups of this policy that the user is in. Whether the user is suspended does not change
 * who the user is, so a rule against the members of a group holds for a suspended one as well.
 */
export function initiatorFacts(
  { compiled }: PolicyInForce,
  initiator: Initiator,
): NonNullable<RequestFacts['initiator']> {
  const groups = [...(compiled?.groups ?? [])]
    .filter(([, members]) => members.some(({ user }) => user === initiator.id))
    .map(([name]) => name);
  return { ...initiator, groups: groups.toSorted() };
}
