import type { AddressKey } from '#policy-lang/values/address.ts';
import type { CheckedPolicy, CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { AddressSet, Condition } from '#policy-lang/checking/condition.ts';
import { addressText } from '#policy-lang/checking/condition-text.ts';
import { linkedOf } from '#policy-lang/deciding/linked.ts';
import { addressesOf } from '#policy-lang/deciding/plan-atom.ts';
import type { Check } from './check.ts';

type Listed = { readonly rule: CheckedRule; readonly set: AddressSet };

/** Check 21: nobody stands on a list that a rule allows and on one that another rule blocks. */
export const separateLists: Check = (policy, report) => {
  if (policy.scope.report.hasErrors) return;
  const linked = linkedOf(policy.scope);
  const allowed = new Map<AddressKey, Listed>();
  for (const listed of listsOf(policy, (effect) => effect.startsWith('allow'))) {
    for (const address of addressesOf(listed.set, linked).keys()) allowed.set(address, listed);
  }
  for (const { rule, set } of listsOf(policy, (effect) => effect === 'block')) {
    const shared = [...addressesOf(set, linked).keys()].filter((key) => allowed.has(key));
    const [first] = shared;
    const allow = first && allowed.get(first);
    if (first === undefined || allow === undefined) continue;
    const more = shared.length === 1 ? '' : ` and ${shared.length - 1} more`;
    const message =
      `${addressText(first)}${more} stands on ${nameOf(set)}, which ${rule.id} blocks,` +
      ` and on ${nameOf(allow.set)}, which ${allow.rule.id} allows.`;
    report.add('SHARED_ADDRESS', rule.span, message, 'Delete it from one of the two.');
  }
};

const nameOf = (set: AddressSet): string =>
  set.kind === 'listed' ? 'addresses in the rule' : `the list ${set.name}`;

/** The lists that a rule's recipient must be on; an imported list once. */
function listsOf({ rules }: CheckedPolicy, wanted: (effect: string) => boolean): readonly Listed[] {
  const seen = new Set<string>();
  return rules
    .filter(({ effect }) => wanted(effect.kind))
    .flatMap((rule) => setsIn(rule.condition).map((set) => ({ rule, set })))
    .filter(({ set }) => {
      if (set.kind === 'listed') return true;
      const isNew = !seen.has(set.name);
      seen.add(set.name);
      return isNew;
    });
}

/** Lists under a `not` are the other way round, and say nothing about who stands on them. */
function setsIn(condition: Condition): readonly AddressSet[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.parts.flatMap(setsIn);
    case 'recipient-in':
      return [condition.set];
    default:
      return [];
  }
}
