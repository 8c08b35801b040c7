import type { Check } from './check.ts';

/** Check 26: a rule says why it is there, or which control it implements, or who owns it. */
export const statedReason: Check = ({ rules }, report) => {
  for (const { effect, because, owner, controls, id, span } of rules) {
    const told = effect.kind === 'block' && effect.message !== undefined;
    if (told || because !== undefined || owner !== undefined || controls.length > 0) continue;
    const message = `Nothing says why the rule ${id} is there.`;
    report.add('NO_REASON', span, message, 'Add because "...", control "..." or owner "...".');
  }
};
