/**
 * When approvals are enough. Each person counts for one quorum only, so that two quorums need two
 * people even where both groups hold the same ones: the votes satisfy a requirement exactly if a
 * bipartite matching of people to places exists. One rejection by an eligible person ends it.
 * Policy language, semantics 6.
 */
import type { ApprovalRequirement, Quorum } from './decision.ts';

/** The people of each group, by their ids. */
export type Groups = ReadonlyMap<string, ReadonlySet<string>>;

export type Vote = { readonly person: string; readonly decision: 'APPROVE' | 'REJECT' };

export type QuorumState =
  | { readonly state: 'SATISFIED' }
  | { readonly state: 'REJECTED'; readonly by: string }
  /** `open` says how many places of each group nobody fills yet. */
  | { readonly state: 'OPEN'; readonly open: readonly Quorum[] };

export type QuorumInput = {
  readonly requirement: ApprovalRequirement;
  readonly groups: Groups;
  readonly votes: readonly Vote[];
  /** Left out when the initiator is no person of the organisation (a service account). */
  readonly initiator?: string;
};

/**
 * The groups through which a person may decide. Empty: the person may not.
 * A group that `groups` does not hold has no members.
 */
export function eligibleGroups(
  person: string,
  { requirement, groups, initiator }: Omit<QuorumInput, 'votes'>,
): readonly string[] {
  if (requirement.excludeInitiator && person === initiator) return [];
  return requirement.quorums
    .map((quorum) => quorum.group)
    .filter((group) => groups.get(group)?.has(person));
}

/**
 * Counts the votes as they are now: pass the groups' present members, and a person who has left no
 * longer counts. Votes of people who may not decide are ignored, a second approval changes nothing.
 */
export function quorumState(input: QuorumInput): QuorumState {
  const approvers = new Map<string, readonly string[]>();
  for (const vote of input.votes) {
    const through = eligibleGroups(vote.person, input);
    if (through.length === 0) continue;
    if (vote.decision === 'REJECT') return { state: 'REJECTED', by: vote.person };
    approvers.set(vote.person, through);
  }
  const open = openPlaces(input.requirement.quorums, approvers);
  return open.length === 0 ? { state: 'SATISFIED' } : { state: 'OPEN', open };
}

/** Whether the quorums can be met at all if everybody who may decide approves. */
export function isReachable(input: Omit<QuorumInput, 'votes'>): boolean {
  const people = new Set(
    input.requirement.quorums.flatMap((q) => [...(input.groups.get(q.group) ?? [])]),
  );
  const votes = [...people].map((person) => ({ person, decision: 'APPROVE' as const }));
  return quorumState({ ...input, votes }).state === 'SATISFIED';
}

/**
 * Kuhn's algorithm: each person in turn takes a free place, or takes over a place whose holder can
 * move on. At the end as many places as possible are filled.
 */
function openPlaces(
  quorums: readonly Quorum[],
  approvers: ReadonlyMap<string, readonly string[]>,
): Quorum[] {
  const places = quorums.flatMap(({ group, count }) => Array.from({ length: count }, () => group));
  const holders = new Map<number, string>();
  const seat = (person: string, tried: Set<number>): boolean => {
    const through = approvers.get(person) ?? [];
    for (const [place, group] of places.entries()) {
      if (tried.has(place) || !through.includes(group)) continue;
      tried.add(place);
      const holder = holders.get(place);
      if (holder === undefined || seat(holder, tried)) {
        holders.set(place, person);
        return true;
      }
    }
    return false;
  };
  // Places that a failed search has tried stay hopeless until somebody is seated.
  let tried = new Set<number>();
  for (const person of approvers.keys()) if (seat(person, tried)) tried = new Set();
  return quorums
    .map(({ group, count }) => {
      const filled = [...holders.keys()].filter((place) => places[place] === group).length;
      return { group, count: count - filled };
    })
    .filter((quorum) => quorum.count > 0);
}
