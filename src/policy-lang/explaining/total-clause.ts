/** What a running total came to. */
import { formatDecimal, symbolOf } from '#core/money.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { Atom } from '#policy-lang/checking/condition.ts';
import { durationInWords } from '#policy-lang/values/durations.ts';
import { type Exact, compare, formatValue } from '#policy-lang/values/exact.ts';
import type { Facts } from '#policy-lang/deciding/facts.ts';
import { requestInWords } from './field-words.ts';
import { relation } from './phrases.ts';
import { planCondition } from '#policy-lang/deciding/plan-condition.ts';
import { countsThis, totalReader } from '#policy-lang/deciding/totals.ts';
import { TRUE } from '#policy-lang/deciding/truth.ts';

/** @param amount what the request moves, in words */
export function totalClause(
  { need, limit }: Extract<Atom, { kind: 'total' }>,
  facts: Facts,
  amount: string,
): string {
  const where = need.where && planCondition(need.where, facts.linked);
  const total = totalReader(need, where)(facts);
  const window = windowInWords(need);
  if (total === undefined) return `the total of ${window} is not known`;
  const show = (value: Exact): string => quantityInWords(value, need, facts);
  const text = `${show(total)}, ${relation(compare(total, limit), show(limit))}`;
  if (need.function === 'max') return `the largest of ${window} is ${text}`;
  if (countsThis(need, where, facts) !== TRUE) {
    return `${window} ${need.window.kind === 'last' ? 'come' : 'comes'} to ${text}`;
  }
  const subject = need.function === 'count' ? `this ${requestInWords(need.activity)}` : amount;
  return `${subject} brings ${window} to ${text}`;
}

/** `the wallet's last 24 hours`, `the calendar day of this initiator and asset`. */
function windowInWords({ window, by }: AggregateNeed): string {
  const span =
    window.kind === 'last' ? `last ${durationInWords(window.ms)}` : `calendar ${window.unit}`;
  const [only] = by;
  if (only === undefined) return `the organisation's ${span}`;
  return by.length === 1 ? `the ${only}'s ${span}` : `the ${span} by ${by.join(' and ')}`;
}

function quantityInWords(value: Exact, need: AggregateNeed, facts: Facts): string {
  if (need.of === 'value') return formatValue(value, need.currency ?? '');
  if (need.of === 'amount' && need.asset !== undefined) {
    const decimals = facts.linked.assets.get(need.asset)?.decimals ?? 0;
    return `${formatDecimal(value.scaled, value.scale + decimals)} ${symbolOf(need.asset)}`;
  }
  const count = formatDecimal(value.scaled, value.scale);
  const noun = need.of === 'requests' ? requestInWords(need.activity) : `different ${need.of}`;
  return `${count} ${count === '1' ? noun : pluralOf(noun)}`;
}

/** `changes of permissions`: the first word takes the ending, unless it is an adjective. */
function pluralOf(noun: string): string {
  const [head = '', ...rest] = noun.split(' of ');
  return [`${head}s`, ...rest].join(' of ');
}
