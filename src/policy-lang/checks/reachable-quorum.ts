import { type Groups, isReachable } from '#policy-lang/approval-quorum.ts';
import type { CheckedEffect } from '#policy-lang/checking/checked-policy.ts';
import type { GroupMember } from '#policy-lang/compiled-policy.ts';
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import type { Check } from './check.ts';

/** Two addresses of one user are one person. */
const personOf = ({ email, user }: GroupMember): string => user ?? email;

/**
 * Check 9: enough different people can approve, each counting for one group only, nobody who is
 * suspended. Where that fails only when a member initiates, it is a warning: somebody else can.
 */
export const reachableQuorum: Check = ({ rules, scope }, report) => {
  const isPresent = ({ user }: GroupMember): boolean =>
    user === undefined || scope.world.isSuspended?.(user) !== true;
  const groups = new Map(
    [...scope.groups].map(([name, { content }]) => [
      name,
      new Set(content.filter(isPresent).map(personOf)),
    ]),
  );
  const check = (effect: CheckedEffect | undefined, rule: (typeof rules)[number]): void => {
    if (effect === undefined || !('requirement' in effect)) return;
    const { requirement } = effect;
    const unread = requirement.quorums.some(
      ({ group }) =>
        scope.groups.get(group)?.content.length === 0 ||
        (scope.world.isPublished === true && scope.registry.groups.has(group)),
    );
    if (unread) return;
    const asked = requirement.quorums
      .map(({ group, count }) => `${count} of ${group}`)
      .join(' and ');
    if (isReachable({ requirement, groups })) {
      const alone = lonelyMember(requirement, groups);
      if (alone === undefined) return;
      const message = `The rule ${rule.id} asks for ${asked}: where ${alone} initiates, too few are left.`;
      report.add('NARROW_QUORUM', rule.span, message, 'Add people to the group.');
      return;
    }
    const sizes = requirement.quorums
      .map(({ group }) => `${group} has ${groups.get(group)?.size ?? 0}`)
      .join(', ');
    const message = `The rule ${rule.id} asks for ${asked}, but ${sizes}.`;
    const hint = 'Ask for fewer, or add people; each person counts for one group only.';
    report.add('UNSATISFIABLE_QUORUM', rule.span, message, hint);
  };
  for (const rule of rules) {
    check(rule.effect, rule);
    check(rule.fallback, rule);
  }
};

/**
 * A person whose own requests nobody could approve. A group of one is left alone: that its only member
 * cannot ask is plain to see.
 */
function lonelyMember(requirement: ApprovalRequirement, groups: Groups): string | undefined {
  const people = requirement.quorums.flatMap(({ group }) => {
    const members = [...(groups.get(group) ?? [])];
    return members.length === 1 ? [] : members;
  });
  return people.find((initiator) => !isReachable({ requirement, groups, initiator }));
}
