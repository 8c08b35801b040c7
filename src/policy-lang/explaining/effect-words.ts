/** Effects, requirements and answers as people say them. */
import type { CheckedEffect } from '#policy-lang/checking/checked-policy.ts';
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';
import { durationInWords } from '#policy-lang/values/durations.ts';

/** `approval by 1 of managers and by 2 of directors, not by the initiator, within 24 hours`. */
export function requirementInWords({
  quorums,
  excludeInitiator,
  expiresAfterMs,
}: ApprovalRequirement): string {
  const groups = quorums.map(({ group, count }) => `by ${count} of ${group}`).join(' and ');
  return [
    `approval ${groups}`,
    excludeInitiator ? 'not by the initiator' : 'also by the initiator',
    ...(expiresAfterMs === undefined ? [] : [`within ${durationInWords(expiresAfterMs)}`]),
  ].join(', ');
}

/** `require approval by 1 of managers, ...`, `block: Too much`. */
export function effectInWords(effect: CheckedEffect): string {
  switch (effect.kind) {
    case 'allow':
      return 'allow';
    case 'block':
    case 'flag':
      return effect.message === undefined ? effect.kind : `${effect.kind}: ${effect.message}`;
    case 'require':
      return `require ${requirementInWords(effect.requirement)}`;
    default:
      return `allow with ${requirementInWords(effect.requirement)}`;
  }
}

/** The answer as one sentence, without its reasons. */
export function answerInWords({ outcome, requirements }: Decision, request: string): string {
  if (outcome === 'ALLOW') return `The policy allows the ${request}.`;
  if (outcome === 'BLOCK') return `The policy blocks the ${request}.`;
  const required = requirements.map(requirementInWords).join('; ');
  return `The ${request} waits for ${required}.`;
}
