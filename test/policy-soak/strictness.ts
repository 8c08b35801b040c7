/** When one verdict lets through no more than another. */
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import type { Verdict } from '#policy-lang/reference/decide-by-the-book.ts';

const RANK = { ALLOW: 0, PENDING: 1, BLOCK: 2 } as const;
const NOTHING: ApprovalRequirement = { quorums: [], excludeInitiator: false };

/** Whether whatever `left` lets through, `right` lets through with no more approvals. */
export function isAtLeastAsStrict(left: Verdict, right: Verdict): boolean {
  if (RANK[left.outcome] !== RANK[right.outcome]) return RANK[left.outcome] > RANK[right.outcome];
  const [a = NOTHING] = left.requirements;
  const [b = NOTHING] = right.requirements;
  return (
    b.quorums.every(({ group, count }) =>
      a.quorums.some((quorum) => quorum.group === group && quorum.count >= count),
    ) &&
    (b.expiresAfterMs === undefined || (a.expiresAfterMs ?? Infinity) <= b.expiresAfterMs) &&
    (a.excludeInitiator || !b.excludeInitiator)
  );
}
