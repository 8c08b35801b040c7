/**
 * What changed between two versions, one change at a time: the earlier version with just this rule,
 * list or header as the later one has it.
 */
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import type { Linked } from '#policy-lang/deciding/facts.ts';
import { compareText } from '#policy-lang/checking/report.ts';
import type { RuleSet } from './model.ts';
import { withRulesOf } from './strictness.ts';

export type Change = {
  readonly kind: 'rule' | 'list' | 'contracts' | 'header';
  readonly name: string;
  readonly how: 'added' | 'removed' | 'changed';
  /** The earlier version with this change and no other. */
  readonly after: RuleSet;
  /** Of a rule: why it is there, in the later version. */
  readonly because?: string;
  /** The reason is new, or another one. */
  readonly isExplained: boolean;
};

/** A rule whose text changed but not what it says is no change. */
export function changesBetween(before: RuleSet, after: RuleSet): readonly Change[] {
  return [
    ...headerChange(before, after),
    ...listChanges(before, after, 'lists'),
    ...listChanges(before, after, 'contracts'),
    ...ruleChanges(before, after),
  ];
}

function headerChange(before: RuleSet, after: RuleSet): Change[] {
  const { governs, otherwise } = after.header;
  const old = before.header;
  const same =
    old.otherwise.kind === otherwise.kind &&
    [...old.governs].toSorted().join(' ') === [...governs].toSorted().join(' ');
  if (same) return [];
  const header = { ...old, governs, otherwise };
  const name = 'governs and otherwise';
  return [
    { kind: 'header', name, how: 'changed', after: { ...before, header }, isExplained: false },
  ];
}

function listChanges(before: RuleSet, after: RuleSet, part: 'lists' | 'contracts'): Change[] {
  const found: Change[] = [];
  for (const [name, list] of after.linked[part]) {
    const old = before.linked[part].get(name);
    if (old === undefined) continue;
    if (old.size === list.size && [...list.keys()].every((key) => old.has(key))) continue;
    const linked = { ...before.linked, [part]: new Map([...before.linked[part], [name, list]]) };
    found.push({
      kind: part === 'lists' ? 'list' : 'contracts',
      name,
      how: 'changed',
      after: { ...before, linked },
      isExplained: false,
    });
  }
  return found;
}

function ruleChanges(before: RuleSet, after: RuleSet): Change[] {
  const old = new Map(before.rules.map((rule) => [rule.id, rule]));
  const current = new Map(after.rules.map((rule) => [rule.id, rule]));
  const linked = withNamesOf(before.linked, after.linked);
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((id): Change[] => {
    const [was, is] = [old.get(id), current.get(id)];
    if (was !== undefined && is !== undefined && textOf(was) === textOf(is)) return [];
    const how = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    const changed = withRulesOf({ ...before, linked }, after, [id]);
    const because = is?.because;
    return [
      {
        kind: 'rule',
        name: id,
        how,
        after: changed,
        ...(because !== undefined && { because }),
        isExplained: because !== undefined && because !== was?.because,
      },
    ];
  });
}

/** A new rule may name what only the later version imports. */
const withNamesOf = (before: Linked, after: Linked): Linked => ({
  assets: new Map([...after.assets, ...before.assets]),
  lists: new Map([...after.lists, ...before.lists]),
  contracts: new Map([...after.contracts, ...before.contracts]),
  groups: new Map([...after.groups, ...before.groups]),
});

function textOf({ condition, effect, fallback, activities }: CheckedRule): string {
  return JSON.stringify([condition, effect, fallback, activities], (_, value: unknown) => {
    if (value instanceof Set) return [...value].map(String).toSorted(compareText);
    if (value instanceof Map) return [...value];
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
