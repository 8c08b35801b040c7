/** The policy that decides now, as the authority log has it, and the people of its groups. */
import type { OrganizationId, UserId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { findAuthority, requireAuthority } from '#identity/authority.ts';
import {
  GENESIS,
  policyInForce as policyOf,
  policyOfVersion as published,
  type PolicyInForce,
} from '#mandate/authority/policies.ts';
import type { Groups } from '#policy-lang/approval-quorum.ts';
import type { DecisionTrace } from '#policy-lang/decision.ts';
import { genesisTrace } from '#policy-lang/genesis.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import type { Tx } from '#persistence/database.ts';
import { activePeople } from '#persistence/identity.ts';

export type { PolicyInForce };

export async function policyInForce(
  tx: Tx,
  organization: OrganizationId,
  now: Instant,
): Promise<PolicyInForce> {
  const state = await findAuthority(tx, organization);
  return state === undefined ? GENESIS : policyOf(state, now);
}

/** The version that a decision named. */
export async function policyOfVersion(
  tx: Tx,
  organization: OrganizationId,
  version: number,
): Promise<PolicyInForce> {
  const policy = published(await requireAuthority(tx, organization), version);
  if (policy !== undefined) return policy;
  throw new Error(`the log of ${organization} holds no policy of version ${version}`);
}

export const decideWith = (policy: PolicyInForce, snapshot: Snapshot): DecisionTrace =>
  policy.compiled === undefined ? genesisTrace() : trace(policy.compiled, snapshot);

/** The groups of a policy with the people who are active now. */
export async function groupsOf(tx: Tx, policy: PolicyInForce): Promise<Groups> {
  const groups = [...(policy.compiled?.groups ?? [])].map(([name, members]) => ({
    name,
    users: members.flatMap(({ user }) => (user === undefined ? [] : [user as UserId])),
  }));
  const active = new Set(
    await activePeople(tx, [...new Set(groups.flatMap(({ users }) => users))]),
  );
  return new Map(
    groups.map(({ name, users }) => [name, new Set(users.filter((user) => active.has(user)))]),
  );
}
