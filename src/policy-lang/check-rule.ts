/** Checks one rule: its parts are there once each, its condition and effects make sense. */
import { checkCondition, narrow } from './check-condition.ts';
import { checkEffect } from './check-effect.ts';
import { checkActivities } from './check-header.ts';
import type { CheckedRule } from './checked-policy.ts';
import { optional } from './optional.ts';
import type { Condition } from './condition.ts';
import type { Scope } from './scope.ts';
import type { Clause, Rule } from './syntax.ts';

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
  if (appliesTo !== undefined) checkActivities(scope, appliesTo.activities);
  for (const [part, kind, hint] of [
    [when, 'when', 'Write the condition, or "when always".'],
    [then, 'then', 'Write allow, block or require approval.'],
  ] as const) {
    if (part !== undefined) continue;
    const message = `The rule ${rule.name.text} has no "${kind}".`;
    scope.report.add('MISSING_PART', rule.name.span, message, hint);
  }
  const condition = when && checkWhole(scope, when, unless);
  const effect = then && checkEffect(scope, then.effect);
  const fallback = missing && checkEffect(scope, missing.effect);
  const [because, control, owner] = [only('because'), only('control'), only('owner')];
  if (condition === undefined || effect === undefined) return undefined;
  return {
    id: rule.name.text,
    span: rule.name.span,
    title: rule.title?.text ?? rule.name.text,
    activities: ['transfer'],
    condition,
    effect,
    ...optional('fallback', fallback),
    ...optional('because', because?.text.text),
    ...optional('owner', owner?.owner.text),
    controls: control?.ids.map((id) => id.text) ?? [],
  };
}

/** `when`, and not `unless`; what `when` says about the asset holds in `unless` too. */
function checkWhole(
  scope: Scope,
  when: ClauseOf<'when'>,
  unless: ClauseOf<'unless'> | undefined,
): Condition | undefined {
  const condition = checkCondition(scope, when.condition);
  if (unless === undefined) return condition;
  const known = narrow(scope, [when.condition]);
  const except = checkCondition(scope, unless.condition, known);
  if (condition === undefined || except === undefined) return undefined;
  const parts = condition.kind === 'and' ? condition.parts : [condition];
  return { kind: 'and', parts: [...parts, { kind: 'not', part: except }] };
}
