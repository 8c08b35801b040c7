import { boxedRules } from '#policy-lang/analysis/rule-boxes.ts';
import { rangeInWords } from '#policy-lang/analysis/numbers-in-words.ts';
import { type Finding, tierFindings } from '#policy-lang/analysis/tiers.ts';
import type { Check } from './check.ts';

/** Check 19: tiers and rows of tables meet where one ends and the next begins. */
export const fittingTiers: Check = (policy, report) => {
  const { rules, variables } = boxedRules(policy);
  for (const finding of tierFindings(rules)) {
    const { kind, variable, lower, upper, low, high } = finding;
    const { source } = variables.get(variable);
    const where = rangeInWords(source, { low, high }, upper.box, policy.scope.world.assets);
    if (kind === 'gap') {
      const message = `Neither ${lower.rule.id} nor ${upper.rule.id} covers ${where}.`;
      const hint = 'Let one of the two include the boundary: >= instead of >, or <= instead of <.';
      report.add('GAP', upper.rule.span, message, hint);
    } else {
      const message = `Both ${lower.rule.id} and ${upper.rule.id} cover ${where}.`;
      report.add('OVERLAP', upper.rule.span, message, hintFor(finding));
    }
  }
};

const hintFor = ({ low, high }: Finding): string =>
  low === high
    ? 'Let only one of the two include the boundary.'
    : 'Both apply where they overlap; move one of the bounds.';
