/** A backtest: a history of transfers under two versions of one policy, with running totals. */
import type { Contender } from '#bench/measure.ts';
import { backtest, type HistoryRequest } from '#policy-lang/history/backtest.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import type { Instant } from '#core/time.ts';
import { kept } from './contenders.ts';
import { compileRules } from './countersign.ts';
import { type WorkRule, workloadOf } from './workload.ts';

/** Quotes are this old at the end. */
const FRESH_MS = 50_000;

const LIMIT = 'rule day-limit { when sum(value) over last 24h by wallet > LIMIT USD then block }';

const versionOf = (rules: readonly WorkRule[], limit: string): CompiledPolicy =>
  compileRules(rules, LIMIT.replace('LIMIT', limit));

/**
 * The requests of the workload in turn, while their prices are fresh. Samples are transfers a second.
 */
export function historyOf(ruleCount: number, transferCount: number): Contender {
  const { rules, requests } = workloadOf(ruleCount - 1, 2_000);
  const before = versionOf(rules, '250,000');
  const doubled = rules.map((rule) =>
    rule.valueAbove === undefined ? rule : { ...rule, valueAbove: rule.valueAbove * 2 },
  );
  const after = versionOf(doubled, '200,000');
  const history = Array.from({ length: transferCount }, (_, number): HistoryRequest => {
    const { snapshot } = requests[number % requests.length] as (typeof requests)[number];
    const { activity, request, prices, now } = snapshot;
    const at = (now + Math.floor((number * FRESH_MS) / transferCount)) as Instant;
    return { at, activity, request, prices };
  });
  return {
    name: 'backtest_per_s',
    sample: async () => {
      const started = performance.now();
      kept.answer = backtest(history, before, after);
      return (transferCount * 1_000) / (performance.now() - started);
    },
  };
}
