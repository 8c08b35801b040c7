/** Comparing two policies: is there a request that the second treats less strictly than the first? */
import type { CheckedEffect } from '#policy-lang/checking/checked-policy.ts';
import type { Decision } from '#policy-lang/decision.ts';
import { asksAsMuch } from './contributions.ts';
import type { ModelledPolicy, ModelledRule, RuleSet } from './model.ts';
import { type Demand, blockedWays, demandsOf, goesThrough, some, unmet } from './outcomes.ts';
import type { Clause } from './search.ts';

/** Whether a decision is at least as strict as another. */
export function isAsStrict(strict: Decision, loose: Decision): boolean {
  if (strict.outcome === 'BLOCK') return true;
  if (loose.outcome === 'BLOCK') return false;
  const [wanted] = loose.requirements;
  const [asked] = strict.requirements;
  return wanted === undefined || (asked !== undefined && asksAsMuch(asked, wanted));
}

/**
 * The ways in which a request can fare better under `after` than under `before`. Rules that stand
 * in both alike cannot be the reason, and are left out where a reason is looked for.
 */
export function waysToLoosen(
  before: ModelledPolicy,
  after: ModelledPolicy,
): readonly (readonly Clause[])[] {
  const through = goesThrough(after);
  if (through === undefined) return [];
  if (!before.governed) return [through];
  const same = sameRules(before, after);
  const changed = before.rules.filter(({ rule }) => !same.has(rule.id));
  return [
    ...waysPastBlocks(before, after, changed, same).map((clauses) => [...clauses, ...through]),
    ...demandsIn(changed).map(({ demand, asked }) => [asked, ...unmet(after, demand), ...through]),
  ];
}

function waysPastBlocks(
  before: ModelledPolicy,
  after: ModelledPolicy,
  changed: readonly ModelledRule[],
  same: ReadonlySet<string>,
): readonly (readonly Clause[])[] {
  const ways: (readonly Clause[])[] = [[some(changed, ({ blocks }) => blocks)]];
  const [, unallowed] = blockedWays(before);
  if (unallowed !== undefined) {
    const allowing = after.rules.filter(({ rule }) => !same.has(rule.id));
    const reason = after.otherwise === 'allow' ? [] : [some(allowing, ({ allows }) => allows)];
    ways.push([...reason, ...unallowed]);
  }
  return ways;
}

/** Everything that a rule of these asks for, with the clause that one of them does. */
function demandsIn(
  rules: readonly ModelledRule[],
): readonly { readonly demand: Demand; readonly asked: Clause }[] {
  const found = new Map<string, Demand>();
  for (const { rule } of rules) {
    for (const effect of [rule.effect, rule.fallback]) {
      if (effect === undefined || !('requirement' in effect)) continue;
      const { quorums, excludeInitiator, expiresAfterMs } = effect.requirement;
      const parts = [
        ...quorums.map((quorum) => ({ quorums: [quorum], excludeInitiator: false })),
        ...(excludeInitiator ? [{ quorums: [], excludeInitiator }] : []),
        ...(expiresAfterMs === undefined
          ? []
          : [{ quorums: [], excludeInitiator: false, expiresAfterMs }]),
      ];
      for (const part of parts) {
        for (const demand of demandsOf(part)) found.set(JSON.stringify(part), demand);
      }
    }
  }
  return [...found.values()].map((demand) => ({
    demand,
    asked: some(rules, ({ requirement }) => requirement !== undefined && demand(requirement)),
  }));
}

/** The ids of the rules that both have, with the same condition, lists and effects. */
export function sameRules(before: ModelledPolicy, after: ModelledPolicy): ReadonlySet<string> {
  const earlier = new Map(before.rules.map((rule) => [rule.rule.id, rule]));
  return new Set(
    after.rules.flatMap((rule) => {
      const other = earlier.get(rule.rule.id);
      return other !== undefined && meansTheSame(rule, other) ? rule.rule.id : [];
    }),
  );
}

/** Messages and reasons may differ. */
export const meansTheSame = (left: ModelledRule, right: ModelledRule): boolean =>
  isEqual(left.formula, right.formula) &&
  isEqual(effectOf(left.rule.effect), effectOf(right.rule.effect)) &&
  isEqual(effectOf(left.rule.fallback), effectOf(right.rule.fallback));

const effectOf = (effect: CheckedEffect | undefined): unknown =>
  effect === undefined || 'requirement' in effect ? effect : { kind: effect.kind };

/** Structural equality of formulas and effects. */
function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || !left || !right) return false;
  if (left instanceof Set && right instanceof Set) {
    return left.size === right.size && [...left].every((value) => right.has(value));
  }
  const [ours, theirs] = [Object.entries(left), new Map(Object.entries(right))];
  return (
    ours.length === theirs.size &&
    ours.every(([key, value]) => theirs.has(key) && isEqual(value, theirs.get(key)))
  );
}

/** A policy with some rules as another policy has them; a rule that the other lacks is left out. */
export function withRulesOf(source: RuleSet, other: RuleSet, ids: readonly string[]): RuleSet {
  if (ids.length === 0) return source;
  const taken = other.rules.filter(({ id }) => ids.includes(id));
  return { ...source, rules: [...source.rules.filter(({ id }) => !ids.includes(id)), ...taken] };
}
