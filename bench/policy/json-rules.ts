/** json-rules-engine: each rule is a list of conditions, and every event of a run is a match. */
import { Engine as RulesEngine, type RuleProperties } from 'json-rules-engine';
import type { Engine } from './engine.ts';
import type { PlainRequest, WorkRule } from './workload.ts';

function rulesOf(rule: WorkRule): RuleProperties {
  const all = [
    rule.tag !== undefined && { fact: 'tags', operator: 'contains', value: rule.tag },
    rule.role !== undefined && { fact: 'role', operator: 'equal', value: rule.role },
    rule.wallet !== undefined && { fact: 'wallet', operator: 'equal', value: rule.wallet },
    rule.asset !== undefined && { fact: 'asset', operator: 'equal', value: rule.asset },
    rule.recipients !== undefined && { fact: 'recipient', operator: 'in', value: rule.recipients },
    rule.valueMax !== undefined && {
      fact: 'usd',
      operator: 'lessThanInclusive',
      value: rule.valueMax,
    },
    rule.valueAbove !== undefined && {
      fact: 'usd',
      operator: 'greaterThan',
      value: rule.valueAbove,
    },
    rule.amountAbove !== undefined && {
      fact: 'amount',
      operator: 'greaterThan',
      value: rule.amountAbove,
    },
  ].filter((condition) => condition !== false);
  return { conditions: { all }, event: { type: rule.id } };
}

export function jsonRules(rules: readonly WorkRule[]): Engine<PlainRequest> {
  const engine = new RulesEngine(rules.map(rulesOf));
  return {
    name: 'json_rules',
    prepare: ({ plain }) => plain,
    decide: async (request) => {
      const { events } = await engine.run(request);
      return events.map(({ type }) => type);
    },
  };
}
