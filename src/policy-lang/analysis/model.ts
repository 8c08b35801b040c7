/** One policy, or two that are compared, as formulas over the same variables, for one activity. */
import type { CheckedHeader, CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import { type Condition, type WeekWindow, atomsOf } from '#policy-lang/checking/condition.ts';
import type { ProgramParts } from '#policy-lang/deciding/program.ts';
import type { Activity } from '#policy-lang/snapshot.ts';
import type { Formula } from './formula.ts';
import { type Moments, type Period, momentsOf } from './moments.ts';
import { Translator } from './translate.ts';
import { Variables } from './variables.ts';

/** What the analysis reads of a policy. */
export type RuleSet = Pick<ProgramParts, 'header' | 'rules' | 'linked'>;

export type ModelledRule = { readonly rule: CheckedRule; readonly formula: Formula };

export type ModelledPolicy = {
  readonly rules: readonly ModelledRule[];
  readonly otherwise: CheckedHeader['otherwise']['kind'];
  readonly governed: boolean;
  readonly source: RuleSet;
  readonly read: (condition: Condition) => Formula;
};

export type Model = {
  readonly activity: Activity;
  readonly variables: Variables;
  readonly moments: Moments;
};

/** `more` are the conditions that questions about the policies will add. */
export function modelOf(
  activity: Activity,
  policies: readonly RuleSet[],
  more: readonly Condition[] = [],
): { readonly model: Model; readonly policies: readonly ModelledPolicy[] } {
  const variables = new Variables();
  const conditions = policies.flatMap(({ rules }) => rules.map(({ condition }) => condition));
  const windows = windowsOf([...conditions, ...more]);
  const moments = momentsOf(windows, periodOf(policies.map(({ header }) => header)));
  const modelled = policies.map((source): ModelledPolicy => {
    const { linked, header, rules } = source;
    const translator = new Translator({ variables, activity, linked, moments });
    const applying = rules.filter((rule) => rule.activities.includes(activity));
    return {
      rules: applying.map((rule) => ({ rule, formula: translator.formula(rule.condition) })),
      otherwise: header.otherwise.kind,
      governed: header.governs.includes(activity),
      source,
      read: (condition) => translator.formula(condition),
    };
  });
  return { model: { activity, variables, moments }, policies: modelled };
}

export const windowsOf = (conditions: readonly Condition[]): readonly WeekWindow[] =>
  conditions.flatMap((condition) =>
    [...atomsOf(condition)].flatMap((atom) => {
      if (atom.kind === 'within') return [atom.window];
      return atom.kind === 'total' && atom.need.where ? windowsOf([atom.need.where]) : [];
    }),
  );

/** The time in which all of them are in force, or that of the last where there is none. */
export function periodOf(headers: readonly CheckedHeader[]): Period {
  const from = headers.map(({ effective }) => effective.from).toSorted((a, b) => b - a)[0];
  if (from === undefined) throw new Error('no policy to look at');
  const ends = headers.flatMap(({ effective }) => effective.until ?? []);
  const until = ends.toSorted((a, b) => a - b)[0];
  return until !== undefined && until > from ? { from, until } : { from };
}
