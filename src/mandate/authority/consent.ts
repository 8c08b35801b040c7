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
import type { Kind, ReadChange } from './kind.ts';
import { isSameHand } from './members.ts';
import { isOverOthers, isOverseer } from './over-others.ts';
import { groupsOf } from './policies.ts';
import type { CheckedVote } from './signatures.ts';
import { type AuthorityState, isActivePerson } from './state.ts';

/** What must be met by votes, and the people of its groups as they are now. */
export type Demand = {
  readonly requirement: ApprovalRequirement;
  readonly groups: Groups;
  /** What is asked for, in words. */
  readonly words: string;
  /** Whether it stands whatever the policy says. */
  readonly isOwn: boolean;
};

/** What a change waits for. */
export type AskedApprovals = {
  /** The policy that governs the change: each vote names it. */
  readonly policy: { readonly hash: string; readonly version: number };
  readonly demands: readonly Demand[];
  /** All of them as one, for people to read. Its quorums are empty where nothing is asked for. */
  readonly requirement: ApprovalRequirement;
};

/** A change of which people are asked, as it reads. */
export type AskingChange = {
  readonly kind: Kind;
  readonly change: ReadChange;
  readonly statement: ChangeStatement;
};

/** @throws CHANGE_DENIED for what the policy blocks */
export function demandsOf(
  state: AuthorityState,
  asking: AskingChange,
  decisions: readonly GovernedDecision[],
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
      return { requirement, groups, words, isOwn: false };
    });
  });
  return [...asked, ...ownDemand(state, asking, asked)];
}

/** Of whom a change that gives authority over others asks one. No group of a policy has such a name. */
export const OVERSEERS = 'people with authority over others';

/**
 * So many people as the change takes beside the initiator, whatever the policy says. Each has authority
 * over others, is not whom it is about, and cannot be the initiator under another name. A kind that takes
 * several asks those who may do the same, or whom the policy asks; its group has the name of the permission,
 * which no group of a policy can have. What gives authority over others asks anybody who has some.
 */
function ownDemand(
  state: AuthorityState,
  { kind, change, statement: { initiator, subject } }: AskingChange,
  asked: readonly Demand[],
): readonly Demand[] {
  const { permission } = kind;
  const isAlone = kind.isAlone?.(state, subject, initiator) === true;
  const people = isAlone ? 1 : (kind.people ?? 1);
  const isGiven = state.shared && change.gives?.(state).some(isOverOthers) === true;
  if (people === 1 && !isGiven) return [];
  const count = Math.max(people, isGiven ? 2 : 1) - 1;
  const isGranted = permission !== 'enrolment' && permission !== 'own';
  const behind = [...state.users].filter(([id, user]) => {
    if (id === subject || !isOverseer(state, id)) return false;
    if (isSameHand(state, id, initiator)) return false;
    return (
      isGiven || (isGranted && hasPermission(user, permission)) || isAsked(asked, id, initiator)
    );
  });
  const group = isGiven ? OVERSEERS : permission;
  const who = isGiven ? 'have authority over others' : `hold ${permission}`;
  return [
    {
      requirement: { quorums: [{ group, count }], excludeInitiator: true },
      groups: new Map([[group, new Set(behind.map(([id]) => id))]]),
      words: `it takes ${count + 1} people who ${who}`,
      isOwn: true,
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
 * One for people to read: where the policy asks for as many others, and for nobody who would not count
 * anyway, the change's own demand says nothing more.
 */
export function mergeDemands(demands: readonly Demand[], initiator: UserId): ApprovalRequirement {
  const own = demands.find(({ isOwn }) => isOwn);
  const others = demands.filter(({ isOwn }) => !isOwn);
  const isCovered = own !== undefined && others.some((other) => covers(other, own, initiator));
  const kept = isCovered ? others : demands;
  return kept.length === 0
    ? { quorums: [], excludeInitiator: false }
    : mergeRequirements(kept.map(({ requirement }) => requirement));
}

/** Whether who meets the one demand meets the other. */
function covers(one: Demand, other: Demand, initiator: UserId): boolean {
  if (sizeOf(one) < sizeOf(other) || !one.requirement.excludeInitiator) return false;
  const members = one.requirement.quorums.flatMap(({ group }) => [
    ...(one.groups.get(group) ?? []),
  ]);
  const counting = [...other.groups.values()];
  return members.every(
    (person) => person === initiator || counting.some((group) => group.has(person)),
  );
}

const sizeOf = ({ requirement: { quorums } }: Demand): number =>
  quorums.reduce((sum, { count }) => sum + count, 0);

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
