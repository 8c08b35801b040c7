import { isReachable } from '#policy-lang/approval-quorum.ts';
import type { CheckedEffect } from '#policy-lang/checked-policy.ts';
import type { GroupMember } from '#policy-lang/compiled-policy.ts';
import type { Check } from './check.ts';

/** Two addresses of one user are one person. */
const personOf = ({ email, user }: GroupMember): string => user ?? email;

/**
 * Check 9: enough different people can approve, each counting for one group only. A member who
 * initiates is left out then; that is no error here, since somebody else can initiate.
 */
export const reachableQuorum: Check = ({ rules, scope }, report) => {
  const groups = new Map(
    [...scope.groups].map(([name, { content }]) => [name, new Set(content.map(personOf))]),
  );
  const check = (effect: CheckedEffect | undefined, rule: (typeof rules)[number]): void => {
    if (effect === undefined || !('requirement' in effect)) return;
    const { requirement } = effect;
    const unread = requirement.quorums.some(({ group }) => groups.get(group)?.size === 0);
    if (unread || isReachable({ requirement, groups })) return;
    const asked = requirement.quorums
      .map(({ group, count }) => `${count} of ${group}`)
      .join(' and ');
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
