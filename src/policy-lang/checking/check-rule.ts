/** Checks one rule: its parts are there once each, its condition and effects make sense. */
import { requireParts } from '#policy-lang/checks/whole-rules.ts';
import { checkCondition, knownFrom } from './check-condition.ts';
import { checkEffect } from './check-effect.ts';
import { checkActivities } from './check-header.ts';
import type { CheckedRule } from './checked-policy.ts';
import { optional } from '#policy-lang/optional.ts';
import type { Condition } from './condition.ts';
import { activitiesOfUses, requireAvailable } from '#policy-lang/checks/available-fields.ts';
import { type Place, newPlace } from './place.ts';
import type { Scope } from './scope.ts';
import type { Activity } from '#policy-lang/snapshot.ts';
import type { Clause, Rule } from '#policy-lang/syntax/syntax.ts';

type ClauseOf<K extends Clause['kind']> = Extract<Clause, { kind: K }>;

export function checkRule(scope: Scope, rule: Rule): CheckedRule | undefined {
  const only = <K extends Clause['kind']>(kind: K): ClauseOf<K> | undefined => {
    const [first, second] = rule.clauses.filter((clause) => clause.kind === kind);
    if (second !== undefined) {
      const message = `The rule ${rule.name.text} has "${kind}" twice.`;
      scope.report.add('DUPLICATE', second.span, message, 'Join the two, or write two rules.');
    }
    return first as ClauseOf<K> | undefined;
  };
  const [when, unless, then, missing] = [
    only('when'),
    only('unless'),
    only('then'),
    only('if missing data then'),
  ];
  const appliesTo = only('applies to');
  const named = { name: `The rule ${rule.name.text}`, span: rule.name.span };
  requireParts(scope.report, named, [
    { kind: 'when', isThere: when !== undefined, hint: 'Write the condition, or "when always".' },
    { kind: 'then', isThere: then !== undefined, hint: 'Write allow, block or require approval.' },
  ]);
  const place = newPlace();
  const condition = when && checkWhole(scope, when, unless, place);
  const activities = checkApplies(scope, rule, appliesTo, place);
  const effect = then && checkEffect(scope, then.effect);
  const fallback = missing && checkEffect(scope, missing.effect);
  const [because, control, owner] = [only('because'), only('control'), only('owner')];
  if (condition === undefined || effect === undefined || activities === undefined) return undefined;
  return {
    id: rule.name.text,
    span: rule.name.span,
    title: rule.title?.text ?? rule.name.text,
    activities,
    condition,
    effect,
    ...optional('fallback', fallback),
    ...optional('because', because?.text.text),
    ...optional('owner', owner?.owner.text),
    controls: control?.ids.map((id) => id.text) ?? [],
  };
}

/** What the rule applies to; a field that one of these lacks is a mistake (check 7). */
function checkApplies(
  scope: Scope,
  { name }: Rule,
  appliesTo: ClauseOf<'applies to'> | undefined,
  { uses }: Place,
): readonly Activity[] | undefined {
  const { governs, report } = scope;
  if (appliesTo === undefined) return activitiesOfUses(report, uses, governs, name.span);
  const activities = checkActivities(scope, appliesTo.activities);
  if (activities === undefined || !requireAvailable(report, uses, activities)) return undefined;
  for (const { text, span } of appliesTo.activities) {
    if ((governs as readonly string[]).includes(text)) continue;
    const message = `The policy does not govern ${text}.`;
    report.add('NOT_GOVERNED', span, message, 'Add it to "governs", or delete it here.');
  }
  return activities;
}

/** `when`, and not `unless`; what `when` says about the asset holds in `unless` too. */
function checkWhole(
  scope: Scope,
  when: ClauseOf<'when'>,
  unless: ClauseOf<'unless'> | undefined,
  place: Place,
): Condition | undefined {
  const condition = checkCondition(scope, when.condition, place);
  if (unless === undefined) return condition;
  const knowledge = knownFrom(scope, when.condition);
  const except = checkCondition(scope, unless.condition, { ...place, knowledge });
  if (condition === undefined || except === undefined) return undefined;
  const parts = condition.kind === 'and' ? condition.parts : [condition];
  return { kind: 'and', parts: [...parts, { kind: 'not', part: except }] };
}
