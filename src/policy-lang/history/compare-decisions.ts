/** Whether one decision is stricter than another about the same request. */
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';

/** `changed`: other people are asked, so neither is stricter. */
export type Direction = 'same' | 'tightened' | 'loosened' | 'changed';

const STRICTNESS = { ALLOW: 0, PENDING: 1, BLOCK: 2 } as const;

/** What the answer became. Reasons, flags and matched rules do not matter here. */
export function directionOf(before: Decision, after: Decision): Direction {
  const [left, right] = [STRICTNESS[before.outcome], STRICTNESS[after.outcome]];
  if (left !== right) return left < right ? 'tightened' : 'loosened';
  if (before.outcome !== 'PENDING') return 'same';
  const [was, is] = [before.requirements[0], after.requirements[0]];
  if (was === is || was === undefined || is === undefined) return 'same';
  const isTightened = asksAtLeast(is, was);
  const isLoosened = asksAtLeast(was, is);
  if (isTightened && isLoosened) return 'same';
  if (isTightened) return 'tightened';
  return isLoosened ? 'loosened' : 'changed';
}

/** Whether whatever satisfies `left` satisfies `right`. */
function asksAtLeast(left: ApprovalRequirement, right: ApprovalRequirement): boolean {
  if (right.excludeInitiator && !left.excludeInitiator) return false;
  if ((left.expiresAfterMs ?? Infinity) > (right.expiresAfterMs ?? Infinity)) return false;
  return right.quorums.every(({ group, count }) =>
    left.quorums.some((quorum) => quorum.group === group && quorum.count >= count),
  );
}
