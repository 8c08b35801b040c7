import type { Check } from './check.ts';

/**
 * Check 25: every imported list and group is used by a rule, every list file by an import. Silent
 * while there are errors: the use may be the very word that is mistyped.
 */
export const usedImports: Check = ({ scope, unreadFiles }, report) => {
  const hint = 'Delete it, or write the rule that uses it.';
  if (!scope.complete || report.hasErrors) return;
  for (const [kind, imports] of [
    ['list', scope.lists],
    ['group', scope.groups],
  ] as const) {
    for (const [name, { span }] of imports) {
      if (scope.used.has(`${kind} ${name}`)) continue;
      report.add('UNUSED', span, `No rule uses the ${kind} ${name}.`, hint);
    }
  }
  for (const file of unreadFiles) {
    report.add('UNUSED', file.span(0, 0), `Nothing imports "${file.path}".`, hint);
  }
};
