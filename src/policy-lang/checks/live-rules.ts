import type { Box } from '#policy-lang/analysis/boxes.ts';
import { intersect } from '#policy-lang/analysis/domain.ts';
import { deadRules } from '#policy-lang/analysis/prove.ts';
import { type BoxedPolicy, type BoxedRule, boxedRules } from '#policy-lang/analysis/rule-boxes.ts';
import type { Variables } from '#policy-lang/analysis/variables.ts';
import { linkedOf } from '#policy-lang/deciding/linked.ts';
import type { Check } from './check.ts';

/** Check 15: some request matches each rule. Silent where there are too many cases to look at. */
export const liveRules: Check = (policy, report) => {
  const { header, scope } = policy;
  const boxed = boxedRules(policy);
  if (header === undefined) return;
  const doubtful = boxed.rules.filter((rule) => isDoubtful(boxed, rule)).map(({ rule }) => rule);
  const source = { header, rules: doubtful, linked: linkedOf(scope) };
  const dead = new Set(doubtful.length === 0 ? [] : deadRules(source).dead);
  for (const { rule, boxes } of boxed.rules) {
    if (boxes?.length !== 0 && !dead.has(rule.id)) continue;
    const message = `No request can match the rule ${rule.id}.`;
    const hint = 'Two of its conditions exclude each other: correct one, or delete the rule.';
    report.add('NEVER_MATCHES', rule.span, message, hint);
  }
};

/** Whether a variable with few values can have none that the box leaves. */
const isOutside =
  (variables: Variables, box: Box) =>
  (name: string): boolean => {
    const [all, left] = [variables.get(name).domain, box.get(name)];
    return all !== undefined && left !== undefined && intersect(all, left) === undefined;
  };

/** Its normal form alone does not show it: lists may be disjoint, and totals have parts. */
function isDoubtful({ variables }: BoxedPolicy, { boxes }: BoxedRule): boolean {
  if (boxes === undefined) return true;
  return boxes.some((box) => {
    const names = [...box.keys()];
    const linked = names.filter((name) => variables.linksOf(name).length > 0);
    const addresses = names.filter((name) => {
      const { kind } = variables.get(name).source;
      return kind === 'listed' || kind === 'address';
    });
    return linked.length > 1 || addresses.length > 1 || names.some(isOutside(variables, box));
  });
}
