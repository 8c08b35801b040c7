/** cel-js: each rule is one expression, parsed beforehand. */
import { parse } from '@marcbachmann/cel-js';
import type { Engine } from './engine.ts';
import type { PlainRequest, WorkRule } from './workload.ts';

/** Numbers of the request are floating point there, so the limits are too. */
const float = (dollars: number): string => dollars.toFixed(1);

function expressionOf(rule: WorkRule): string {
  return [
    rule.tag !== undefined && `"${rule.tag}" in tags`,
    rule.role !== undefined && `role == "${rule.role}"`,
    rule.wallet !== undefined && `wallet == "${rule.wallet}"`,
    rule.asset !== undefined && `asset == "${rule.asset}"`,
    rule.recipients !== undefined &&
      `recipient in [${rule.recipients.map((one) => `"${one}"`).join(', ')}]`,
    rule.valueMax !== undefined && `usd <= ${float(rule.valueMax)}`,
    rule.valueAbove !== undefined && `usd > ${float(rule.valueAbove)}`,
    rule.amountAbove !== undefined && `amount > ${float(rule.amountAbove)}`,
  ]
    .filter((condition) => condition !== false)
    .join(' && ');
}

export function cel(rules: readonly WorkRule[]): Engine<PlainRequest> {
  const expressions = rules.map((rule) => ({ id: rule.id, holds: parse(expressionOf(rule)) }));
  return {
    name: 'cel',
    prepare: ({ plain }) => plain,
    decide: (request) =>
      expressions.filter(({ holds }) => holds(request) === true).map(({ id }) => id),
  };
}
