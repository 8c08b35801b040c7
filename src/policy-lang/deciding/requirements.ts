/**
 * Merging of approval requirements (semantics 6): of one group the highest quorum, of different
 * groups all of them, the shortest expiry; the initiator stays out as soon as one rule says so.
 */
import { optional } from '#policy-lang/optional.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { compareText } from '#policy-lang/checking/report.ts';

/** The order of the requirements does not matter. */
export function mergeRequirements(
  requirements: readonly ApprovalRequirement[],
): ApprovalRequirement {
  const counts = new Map<string, number>();
  let expiresAfterMs: number | undefined;
  for (const requirement of requirements) {
    for (const { group, count } of requirement.quorums) {
      counts.set(group, Math.max(count, counts.get(group) ?? 0));
    }
    const expiry = requirement.expiresAfterMs;
    if (expiry !== undefined) expiresAfterMs = Math.min(expiry, expiresAfterMs ?? expiry);
  }
  return {
    quorums: [...counts]
      .toSorted(([left], [right]) => compareText(left, right))
      .map(([group, count]) => ({ group, count })),
    excludeInitiator: requirements.some((requirement) => requirement.excludeInitiator),
    ...optional('expiresAfterMs', expiresAfterMs),
  };
}
