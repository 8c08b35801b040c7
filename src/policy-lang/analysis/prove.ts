/**
 * Answers the promises of a policy without a solver: proved, broken by a request that the evaluator
 * agrees on, or not decided.
 */
import type { CheckedClaim } from '#policy-lang/checking/checked-policy.ts';
import { ACTIVITIES, type Activity, type Snapshot } from '#policy-lang/snapshot.ts';
import { breaks, canMatch, waysToBreak, withProbe } from './claims.ts';
import { type Model, type RuleSet, modelOf } from './model.ts';
import { pointIn } from './point.ts';
import type { Region } from './region.ts';
import { type Replay, replayOf } from './replay.ts';
import { snapshotOf } from './request.ts';
import { type Clause, type Question, search } from './search.ts';
import { isAsStrict, waysToLoosen } from './strictness.ts';

export type Verdict =
  | { readonly kind: 'proved' }
  /** The promise is about no request: its `where` is never true, whatever is known. */
  | { readonly kind: 'vacuous'; readonly reason: string }
  | { readonly kind: 'broken'; readonly example?: Snapshot; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** A way in which a claim can be broken, and how the evaluator tells whether a request does. */
export type Way = {
  readonly model: Model;
  readonly assets: RuleSet['linked']['assets'];
  readonly clauses: readonly Clause[];
  readonly isBroken: (snapshot: Snapshot) => boolean;
};

export const questionOf = ({ model, clauses }: Way): Question => ({
  variables: model.variables,
  clauses,
});

/** Every way in which a request can break `never ...`. */
export function waysAround(
  source: RuleSet,
  claim: Extract<CheckedClaim, { kind: 'never' }>,
): readonly Way[] {
  const { model, policies } = modelOf(claim.activity, [source], [claim.where]);
  const [policy] = policies;
  if (policy === undefined) return [];
  const replay = replayOf(withProbe(source, claim));
  return waysToBreak(policy, claim).map((clauses) => ({
    model,
    assets: source.linked.assets,
    clauses,
    isBroken: (snapshot) => breaks(claim, replay(snapshot)),
  }));
}

/**
 * A verdict on a promise, or that the promise is vacuous: broken only by requests whose facts are
 * missing, and about no others. Its author has mistaken a limit, and an example would not tell.
 */
export function orVacuous<V extends Verdict>(
  verdict: V,
  source: RuleSet,
  { activity, where }: Extract<CheckedClaim, { kind: 'never' }>,
  budget?: number,
): V | Vacuous {
  if (verdict.kind !== 'broken') return verdict;
  const { model, policies } = modelOf(activity, [{ ...source, rules: [] }], [where]);
  const formula = policies[0]?.read(where);
  if (formula === undefined) return verdict;
  const question = { variables: model.variables, clauses: canMatch(formula) };
  return search(question, budget).kind === 'none' ? VACUOUS : verdict;
}

type Vacuous = Extract<Verdict, { kind: 'vacuous' }>;

const VACUOUS: Vacuous = {
  kind: 'vacuous',
  reason: 'it is about no request: its "where" is never true.',
};

/** Every way in which a request can fare better under `after` than under `before`. */
export function waysOfLoosening(before: RuleSet, after: RuleSet): readonly Way[] {
  const assets = new Map([...before.linked.assets, ...after.linked.assets]);
  const [earlier, later]: readonly Replay[] = [replayOf(before), replayOf(after)];
  return activitiesOf([before, after]).flatMap((activity) => {
    const { model, policies } = modelOf(activity, [before, after]);
    const [old, current] = policies;
    if (old === undefined || current === undefined) return [];
    return waysToLoosen(old, current).map((clauses): Way => ({
      model,
      assets,
      clauses,
      isBroken: (snapshot) =>
        earlier !== undefined &&
        later !== undefined &&
        !isAsStrict(later(snapshot), earlier(snapshot)),
    }));
  });
}

export const activitiesOf = (policies: readonly RuleSet[]): readonly Activity[] =>
  ACTIVITIES.filter((activity) => policies.some(({ header }) => header.governs.includes(activity)));

/** Tries one way after the other; the first request that breaks the claim ends it. */
export function tryWays(ways: readonly Way[], budget?: number): Verdict {
  let unknown: Verdict | undefined;
  for (const way of ways) {
    const verdict = tryWay(way, budget);
    if (verdict.kind === 'broken') return verdict;
    if (verdict.kind === 'unknown') unknown = verdict;
  }
  return unknown ?? { kind: 'proved' };
}

/** Regions without an exact example, after which the search gives up. */
const REFUSALS_MAX = 100;

export function tryWay(way: Way, budget?: number): Verdict {
  let example: Snapshot | undefined;
  let refusals = 0;
  const answer = search(questionOf(way), budget, (region) => {
    example = exampleIn(region, way);
    return example !== undefined || ++refusals >= REFUSALS_MAX;
  });
  if (answer.kind === 'none') return { kind: 'proved' };
  if (example !== undefined) {
    return { kind: 'broken', example, reason: 'a request breaks it.' };
  }
  const reason = refusals > 0 ? 'no exact example was found' : 'there are too many cases';
  return { kind: 'unknown', reason };
}

/** A request of a region that breaks the claim in the eyes of the evaluator as well. */
export function exampleIn(region: Region, way: Way): Snapshot | undefined {
  const point = pointIn(region, way.assets);
  if (point === undefined) return undefined;
  const snapshot = snapshotOf(way.model, point);
  return way.isBroken(snapshot) ? snapshot : undefined;
}

/** The ids of the rules that no request matches, and of those for which that is not decided. */
export function deadRules(
  source: RuleSet,
  budget?: number,
): { readonly dead: readonly string[]; readonly unknown: readonly string[] } {
  const alive = new Set<string>();
  const unknown = new Set<string>();
  for (const activity of activitiesOf([source])) {
    const { model, policies } = modelOf(activity, [source]);
    for (const { rule, formula } of policies[0]?.rules ?? []) {
      const question = { variables: model.variables, clauses: canMatch(formula) };
      const { kind } = search(question, budget);
      if (kind === 'found') alive.add(rule.id);
      if (kind === 'unknown') unknown.add(rule.id);
    }
  }
  const ids = source.rules.map(({ id }) => id).filter((id) => !alive.has(id));
  return {
    dead: ids.filter((id) => !unknown.has(id)),
    unknown: ids.filter((id) => unknown.has(id)),
  };
}
