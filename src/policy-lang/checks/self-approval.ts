import type { CheckedEffect } from '#policy-lang/checking/checked-policy.ts';
import type { Check } from './check.ts';

const isOpen = (effect: CheckedEffect | undefined): boolean =>
  effect !== undefined && 'requirement' in effect && !effect.requirement.excludeInitiator;

/** Check 24: an approval that the initiator can give is no second pair of eyes. */
export const selfApproval: Check = ({ rules }, report) => {
  for (const { id, span, effect, fallback } of rules) {
    if (!isOpen(effect) && !isOpen(fallback)) continue;
    const message = `The rule ${id} lets the initiator approve the own request.`;
    report.add(
      'SELF_APPROVAL',
      span,
      message,
      'Delete "also by initiator", or say why in because.',
    );
  }
};
