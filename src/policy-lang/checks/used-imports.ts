import type { Check } from './check.ts';

/**
 * Check 25: every imported list, group and set of contracts and every `let` is used, every file is
 * imported. Silent while there are errors: the use may be the very word that is mistyped.
 */
export const usedImports: Check = ({ scope, lets, unreadFiles }, report) => {
  const hint = 'Delete it, or write the rule that uses it.';
  if (!scope.complete || report.hasErrors) return;
  for (const [kind, imports] of [
    ['list', scope.lists],
    ['group', scope.groups],
    ['contracts', scope.contracts],
  ] as const) {
    for (const [name, { span }] of imports) {
      if (scope.used.has(`${kind} ${name}`)) continue;
      report.add('UNUSED', span, `No rule uses the ${kind} ${name}.`, hint);
    }
  }
  for (const { name } of lets) {
    if (scope.used.has(`let ${name.text}`)) continue;
    report.add('UNUSED', name.span, `No rule uses the definition ${name.text}.`, hint);
  }
  for (const file of unreadFiles) {
    report.add('UNUSED', file.span(0, 0), `Nothing imports "${file.path}".`, hint);
  }
};
