import type { Check } from './check.ts';

/**
 * Check 26: a rule says why it is there, or which control it implements, or who owns it. Of a table
 * the title says it for all rows.
 */
export const statedReason: Check = ({ rules }, report) => {
  for (const { effect, because, owner, controls, id, span, table, title } of rules) {
    const isTitledRow = table !== undefined && title !== id;
    const told = isTitledRow || (effect.kind === 'block' && effect.message !== undefined);
    if (told || because !== undefined || owner !== undefined || controls.length > 0) continue;
    const message = `Nothing says why the rule ${id} is there.`;
    report.add('NO_REASON', span, message, 'Add because "...", control "..." or owner "...".');
  }
};
