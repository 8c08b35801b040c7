/** Checks running totals such as `sum(value) over last 24h by wallet`. */
import { checkFiat, checkOrder } from './check-amounts.ts';
import type { AggregateNeed } from './compiled-policy.ts';
import type { Condition } from './condition.ts';
import { formatDuration, parseDuration } from './durations.ts';
import { type Scope, unsupported } from './scope.ts';
import type { Aggregate, Comparison, Written } from './syntax.ts';

const EXAMPLE = 'Write sum(value) over last 24h by wallet > 250,000 USD.';

export function checkTotal(
  scope: Scope,
  total: Aggregate,
  comparison: Comparison | undefined,
): Condition | undefined {
  if (comparison?.kind !== 'sign') {
    const message = 'A total is compared with an amount.';
    scope.report.add('TYPE_MISMATCH', (comparison ?? total).span, message, EXAMPLE);
    return undefined;
  }
  if (!isSupported(scope, total)) return undefined;
  const order = checkOrder(scope, comparison);
  const amount = checkFiat(scope, comparison.right);
  const need = amount && checkNeed(scope, total, amount.currency);
  if (order === undefined || amount === undefined || need === undefined) return undefined;
  scope.needs.set(need.key, need);
  return { kind: 'total', order, need, limit: amount.limit };
}

/** Whether this version can add it up; where it cannot, the part that it does not know is named. */
function isSupported(scope: Scope, total: Aggregate): boolean {
  const [by, ...more] = total.by;
  if (total.function !== 'sum' || total.distinct || total.of.text !== 'value') {
    unsupported(scope, total.span, 'this total', 'This version adds up values: sum(value).');
  } else if (total.window.kind === 'calendar') {
    unsupported(scope, total.span, 'calendar windows', 'Write a moving window: over last 24h.');
  } else if (total.where !== undefined) {
    unsupported(scope, total.span, '"where" in a total');
  } else if (by?.text !== 'wallet' || by.argument !== undefined || more.length > 0) {
    const hint = 'This version adds up "by wallet".';
    unsupported(scope, total.span, 'this grouping of a total', hint);
  } else return true;
  return false;
}

/** What the platform must add up, or undefined where this version cannot. */
export function checkNeed(
  scope: Scope,
  total: Aggregate,
  currency: string,
): AggregateNeed | undefined {
  if (!isSupported(scope, total) || total.window.kind === 'calendar') return undefined;
  const windowMs = checkDuration(scope, total.window.duration);
  if (windowMs === undefined) return undefined;
  const includesThis = !total.excludingThis;
  const suffix = includesThis ? '' : ' excluding this';
  const text = `sum(value) over last ${formatDuration(windowMs)} by wallet${suffix}`;
  return {
    key: `${text} in ${currency}`,
    function: 'sum',
    of: 'value',
    distinct: false,
    currency,
    activity: 'transfer',
    window: { kind: 'last', ms: windowMs },
    by: ['wallet'],
    includesThis,
  };
}

export function checkDuration(scope: Scope, written: Written): number | undefined {
  const ms = parseDuration(written.text);
  if (ms !== undefined) return ms;
  const message = `"${written.text}" is not a duration from 1ms to ten years.`;
  scope.report.add('BAD_DURATION', written.span, message, 'Write it like 24h, 7d or 90min.');
  return undefined;
}
