/**
 * What the policy says of a change of permissions or of the policy itself, where it governs them
 * (docs/adr/0014).
 */
import { PlatformError } from '#core/errors.ts';
import type { UserId } from '#core/ids.ts';
import { HOUR_MS, type Instant, instant } from '#core/time.ts';
import { hasPermission } from '#mandate/permissions.ts';
import type { ChangeKind } from '#policy-lang/change-kinds.ts';
import { isReachable } from '#policy-lang/approval-quorum.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { answer, decide } from '#policy-lang/decide.ts';
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';
import { registryFact } from '#policy-lang/registry.ts';
import type { Activity, RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import { governingPolicy, groupsOf, type PolicyInForce } from './policies.ts';
import type { AuthorityState } from './state.ts';

/** One change as a policy sees it. */
export type GovernedChange = {
  readonly activity: Extract<Activity, 'permission-change' | 'policy-change'>;
  readonly kind: ChangeKind;
  readonly target: string;
  readonly role?: string;
};

/** What the policy in force is asked about a change, and what it answers. */
export type GovernedDecision = {
  readonly initiator: UserId;
  readonly policy: PolicyInForce & { readonly compiled: CompiledPolicy };
  readonly snapshot: Snapshot;
  readonly decision: Decision;
};

/** One answer for each part that the policy governs: a change that gives several roles has several. */
export function decideChange(
  state: AuthorityState,
  change: {
    readonly initiator: UserId;
    readonly at: Instant;
    readonly parts: readonly GovernedChange[];
  },
): readonly GovernedDecision[] {
  const { policy, at } = governingPolicy(state, change.at);
  const { compiled } = policy;
  if (compiled === undefined) return [];
  return change.parts
    .filter(({ activity }) => compiled.governs.includes(activity))
    .map((part) => {
      const { initiator } = change;
      const snapshot = snapshotOf(state, policy, { initiator, at, part });
      const decision = decide(compiled, snapshot);
      return { initiator, policy: { ...policy, compiled }, snapshot, decision };
    });
}

export const quorumsInWords = ({ quorums }: ApprovalRequirement): string =>
  quorums.map(({ group, count }) => `by ${count} of ${group}`).join(' and ');

/** Totals over past changes are kept nowhere, so a rule that compares one finds it missing. */
function snapshotOf(
  state: AuthorityState,
  policy: PolicyInForce,
  asked: { readonly initiator: UserId; readonly at: Instant; readonly part: GovernedChange },
): Snapshot {
  const { activity, ...change } = asked.part;
  return {
    now: asked.at,
    activity,
    request: { initiator: initiatorFacts(state, policy, asked.initiator), change },
    prices: new Map(),
    aggregates: new Map(),
    causes: new Map(
      (policy.compiled?.aggregates ?? []).map(({ key }) => [key, 'a change has no totals']),
    ),
    ...(policy.compiled === undefined ? {} : registryFact(policy.compiled)),
  };
}

/** With the groups of this policy that the user is in, suspended or not. */
export function initiatorFacts(
  { users }: AuthorityState,
  { compiled }: PolicyInForce,
  id: UserId,
): NonNullable<RequestFacts['initiator']> {
  const user = users.get(id);
  const groups = [...(compiled?.groups ?? [])]
    .filter(([, members]) => members.some((member) => member.user === id))
    .map(([name]) => name);
  return {
    id,
    ...(typeof user?.email === 'string' ? { email: user.email } : {}),
    roles: user?.roles ?? [],
    groups: groups.toSorted(),
  };
}

/** A week of hours: a policy may let changes through at certain times only. */
const HOURS = Array.from({ length: 7 * 24 }, (_, hour) => hour * HOUR_MS);

/**
 * A policy that governs its own change must leave somebody who can publish the next one, with the
 * approvals of people who are there to give them: nothing else could ever take its place.
 * @throws CHANGE_NEEDS_APPROVAL, CHANGE_DENIED
 */
export function requireSuccession(
  state: AuthorityState,
  compiled: CompiledPolicy,
  now: Instant,
): void {
  if (!compiled.governs.includes('policy-change')) return;
  const { hash, version, effective } = compiled;
  const policy = { hash, version, compiled };
  const groups = groupsOf(state, policy);
  const begin = Math.max(now, effective.from);
  const part = { activity: 'policy-change', kind: 'publish', target: hash } as const;
  let unreachable: ApprovalRequirement | undefined;
  for (const initiator of publishers(state)) {
    for (const hour of HOURS) {
      const at = instant(begin + hour);
      const reply = answer(compiled, snapshotOf(state, policy, { initiator, at, part }));
      if (reply.outcome === 'BLOCK') continue;
      const missing = reply.requirements.find(
        (requirement) => !isReachable({ requirement, groups, initiator }),
      );
      if (missing === undefined) return;
      unreachable ??= missing;
    }
  }
  throw noSuccession(unreachable);
}

function noSuccession(unreachable: ApprovalRequirement | undefined): PlatformError {
  const cause =
    unreachable === undefined
      ? 'it blocks every change of the policy'
      : `it asks for approval ${quorumsInWords(unreachable)}, and there are not so many`;
  const code = unreachable === undefined ? 'CHANGE_DENIED' : 'CHANGE_NEEDS_APPROVAL';
  return new PlatformError(code, {
    field: 'files',
    reason: `under this policy nobody could ever publish another one: ${cause}`,
    hint: 'Let people who are active change the policy, or do not govern policy-change.',
  });
}

const publishers = ({ users }: AuthorityState): readonly UserId[] =>
  [...users]
    .filter(
      ([, user]) =>
        user.kind === 'person' &&
        user.state === 'active' &&
        hasPermission(user, 'policies:publish'),
    )
    .map(([id]) => id);
