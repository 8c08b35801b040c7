/** Checks what a rule does: the people it asks for exist, the numbers are possible. */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { checkDuration } from './check-total.ts';
import type { CheckedEffect } from './checked-policy.ts';
import { optional } from '#policy-lang/optional.ts';
import { type ApprovalRequirement, MAX_QUORUM, type Quorum } from '#policy-lang/decision.ts';
import { MAX_GROUPS } from '#policy-lang/syntax/limits.ts';
import { readCount } from '#policy-lang/values/numbers.ts';
import { mergeRequirements } from '#policy-lang/deciding/requirements.ts';
import { type Scope, unknownName } from './scope.ts';
import type { Approval, Effect } from '#policy-lang/syntax/syntax.ts';

export function checkEffect(scope: Scope, effect: Effect): CheckedEffect | undefined {
  switch (effect.kind) {
    case 'block':
      return { kind: 'block', ...optional('message', effect.message?.text) };
    case 'flag':
      return { kind: 'flag', ...optional('message', effect.message?.text) };
    case 'require': {
      const requirement = checkApproval(scope, effect.approval);
      return requirement && { kind: 'require', requirement };
    }
    default: {
      if (effect.approval === undefined) return { kind: 'allow' };
      const requirement = checkApproval(scope, effect.approval);
      return requirement && { kind: 'allow-with-approval', requirement };
    }
  }
}

/** The initiator never approves, unless the rule opts in: `also by initiator` (semantics 6). */
export function checkApproval(scope: Scope, approval: Approval): ApprovalRequirement | undefined {
  if (approval.quorums.length > MAX_GROUPS) {
    const message = `An approval asks ${MAX_GROUPS} groups at most.`;
    scope.report.add('POLICY_OVERFLOW', approval.span, message, 'Write several rules.');
    return undefined;
  }
  const named = new Set<string>();
  const quorums = approval.quorums.map((part): Quorum | undefined => {
    const group = part.group.text;
    if (named.has(group)) {
      const message = `The group ${group} is asked twice.`;
      scope.report.add('DUPLICATE', part.span, message, `Write one number for ${group}.`);
      return undefined;
    }
    named.add(group);
    if (!scope.groups.has(group)) {
      if (scope.lists.has(group)) {
        const message = `${group} is a list of addresses, not a group of people.`;
        reportMismatch(scope, part.group.span, message, 'Name a group here.');
      } else unknownName(scope, part.group, 'group', scope.groups.keys());
      return undefined;
    }
    scope.used.add(`group ${group}`);
    const count = readCount(part.count.text, 1, MAX_QUORUM);
    if (count.ok) return { group, count: Number(count.value) };
    scope.report.add(count.code, part.count.span, count.message, count.hint);
    return undefined;
  });
  const options = checkOptions(scope, approval);
  if (!quorums.every((quorum) => quorum !== undefined)) return undefined;
  return mergeRequirements([{ quorums, ...options }]);
}

type Options = Pick<ApprovalRequirement, 'excludeInitiator' | 'expiresAfterMs'>;

function checkOptions(scope: Scope, { options }: Approval): Options {
  let expiresAfterMs: number | undefined;
  const seen = new Set<string>();
  for (const option of options) {
    if (seen.has(option.kind)) {
      const message = `"${option.kind}" is said twice.`;
      scope.report.add('DUPLICATE', option.span, message, 'Delete one of the two.');
    }
    seen.add(option.kind);
    if (option.kind === 'expires after') {
      expiresAfterMs = checkDuration(scope, option.duration);
    } else if (option.who.text !== 'initiator') {
      const message = `Only the initiator can be left out or let in, not "${option.who.text}".`;
      const hint = `Write ${option.kind} initiator.`;
      reportMismatch(scope, option.who.span, message, hint);
    }
  }
  const both = options.find(({ kind }) => kind === 'also by');
  if (both !== undefined && seen.has('not by')) {
    const message = 'The initiator is let in and left out.';
    scope.report.add('DUPLICATE', both.span, message, 'Delete one of the two.');
  }
  const excludeInitiator = !seen.has('also by') || seen.has('not by');
  return { excludeInitiator, ...optional('expiresAfterMs', expiresAfterMs) };
}
