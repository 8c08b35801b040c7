/**
 * Who must stand behind a change beside its initiator: the approvers whom the policy asks for, and as
 * many people as the kind of change takes whatever the policy says.
 */
import { PlatformError } from '#core/errors.ts';
import type { UserId } from '#core/ids.ts';
import { hasPermission } from '#mandate/permissions.ts';
import { eligibleGroups, type Groups, quorumState } from '#policy-lang/approval-quorum.ts';
import { mergeRequirements } from '#policy-lang/deciding/requirements.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { type GovernedDecision, quorumsInWords } from './governed.ts';
import type { ChangeStatement } from '#mandate/change.ts';
import type { Kind } from './kind.ts';
import { groupsOf } from './policies.ts';
import type { CheckedVote } from './signatures.ts';
import { type AuthorityState, isActivePerson } from './state.ts';

/** What must be met by votes, and the people of its groups as they are now. */
export type Demand = {
  readonly requirement: ApprovalRequirement;
  readonly groups: Groups;
  /** What is asked for, in words. */
  readonly words: string;
};

/** What a change waits for. */
export type AskedApprovals = {
  /** The policy that governs the change: each vote names it. */
  readonly policy: { readonly hash: string; readonly version: number };
  readonly demands: readonly Demand[];
  /** All of them as one, for people to read. Its quorums are empty where nothing is asked for. */
  readonly requirement: ApprovalRequirement;
};

/** @throws CHANGE_DENIED for what the policy blocks */
export function demandsOf(
  state: AuthorityState,
  kind: Kind,
  decisions: readonly GovernedDecision[],
  statement: ChangeStatement,
): readonly Demand[] {
  for (const { decision } of decisions) {
    if (decision.outcome !== 'BLOCK') continue;
    const reason = decision.reasons.map(({ message }) => message.replace(/\.$/, '')).join('; ');
    throw new PlatformError('CHANGE_DENIED', { reason });
  }
  const asked = decisions.flatMap(({ policy, decision }) => {
    const groups = groupsOf(state, policy);
    return decision.requirements.map((requirement) => {
      const words = `it asks for approval ${quorumsInWords(requirement)}`;
      return { requirement, groups, words };
    });
  });
  return [...asked, ...ownDemand(state, kind, asked, statement)];
}

/**
 * So many people as the kind takes beside the initiator: whoever may do the same, or is asked by the
 * policy, but for the person whom it is about. It stands under the name of the permission, which no group of a policy can have.
 */
function ownDemand(
  { users }: AuthorityState,
  { people = 1, permission }: Kind,
  asked: readonly Demand[],
  { initiator, subject }: ChangeStatement,
): readonly Demand[] {
  if (people === 1) return [];
  const isGranted = permission !== 'enrolment' && permission !== 'own';
  const behind = [...users].filter(([id, user]) => {
    if (user.kind !== 'person' || user.state !== 'active' || id === subject) return false;
    return (isGranted && hasPermission(user, permission)) || isAsked(asked, id, initiator);
  });
  const members = new Set(behind.map(([id]) => id));
  const quorums = [{ group: permission, count: people - 1 }];
  return [
    {
      requirement: { quorums, excludeInitiator: true },
      groups: new Map([[permission, members]]),
      words: `it takes ${people} people who hold ${permission}`,
    },
  ];
}

/** Whether this person is among those whose approval is asked for, given already or not. */
export const isAsked = (demands: readonly Demand[], person: UserId, initiator: UserId): boolean =>
  demands.some(
    ({ requirement, groups }) =>
      eligibleGroups(person, { requirement, groups, initiator }).length > 0,
  );

/** Everybody whose approval is asked for. */
export const peopleAsked = (
  state: AuthorityState,
  demands: readonly Demand[],
  initiator: UserId,
): readonly UserId[] =>
  [...state.users.keys()].filter(
    (id) => isActivePerson(state, id) && isAsked(demands, id, initiator),
  );

/**
 * One for people to read: where the policy asks for as many others as the kind takes anyway, the
 * kind's own demand says nothing more.
 */
export function mergeDemands(
  demands: readonly Demand[],
  { people = 1 }: Kind,
): ApprovalRequirement {
  const [last, ...others] = demands.toReversed();
  const isCovered = others.some(({ requirement: { quorums, excludeInitiator } }) => {
    const count = quorums.reduce((sum, quorum) => sum + quorum.count, 0);
    return excludeInitiator && count >= people - 1;
  });
  const kept = people > 1 && isCovered ? others : demands;
  return last === undefined
    ? { quorums: [], excludeInitiator: false }
    : mergeRequirements(kept.map(({ requirement }) => requirement));
}

/** @throws CHANGE_DENIED, CHANGE_NEEDS_APPROVAL */
export function requireMet(
  demands: readonly Demand[],
  votes: readonly CheckedVote[],
  initiator: UserId,
): void {
  if (votes.some(({ decision }) => decision === 'REJECT')) {
    throw new PlatformError('CHANGE_DENIED', { reason: 'an approver rejected it' });
  }
  for (const { requirement, groups, words } of demands) {
    const { state } = quorumState({ requirement, groups, votes, initiator });
    if (state === 'SATISFIED') continue;
    throw new PlatformError('CHANGE_NEEDS_APPROVAL', { reason: words });
  }
}
