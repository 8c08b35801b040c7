/** Running totals with the pending request in them (policy language, semantics 9). */
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import { type Exact, add, compare, fiat, whole } from '#policy-lang/values/exact.ts';
import type { Facts } from './facts.ts';
import type { Reader } from './field-facts.ts';
import { type AggregateFact, isCountedAs } from '#policy-lang/snapshot.ts';
import { FALSE, MISSING, TRUE, type Truth } from './truth.ts';

/** The need's `where`, ready to run. */
export type Where = (facts: Facts) => Truth;

/** What the snapshot says of the earlier requests; a negative total is none. */
export function earlier({ key }: AggregateNeed, { snapshot }: Facts): AggregateFact | undefined {
  const fact = snapshot.aggregates.get(key);
  return fact !== undefined && fact.total >= 0n ? fact : undefined;
}

/** Whether the pending request itself is one of those that the total counts. */
export function countsThis(need: AggregateNeed, where: Where | undefined, facts: Facts): Truth {
  const { activity, also = activity } = facts.snapshot;
  if (!need.includesThis) return FALSE;
  if (!isCountedAs(need.activity, activity) && !isCountedAs(need.activity, also)) return FALSE;
  const { asset } = facts;
  if (need.asset !== undefined && asset !== undefined && asset !== need.asset) return FALSE;
  return where === undefined ? TRUE : where(facts);
}

/** The total: of a value in its currency, otherwise a whole number. */
export function totalReader(need: AggregateNeed, where: Where | undefined): Reader<Exact> {
  const asExact = need.of === 'value' ? fiat : whole;
  const withThis = adderOf(need);
  return (facts) => {
    const before = earlier(need, facts);
    if (before === undefined) return undefined;
    const counts = countsThis(need, where, facts);
    if (counts === MISSING) return undefined;
    return counts === FALSE ? asExact(before.total) : withThis(before, facts);
  };
}

type Adder = (before: AggregateFact, facts: Facts) => Exact | undefined;

function adderOf(need: AggregateNeed): Adder {
  if (need.distinct) {
    return ({ total, seen }) => (seen === undefined ? undefined : whole(seen ? total : total + 1n));
  }
  if (need.function === 'count') return ({ total }) => whole(total + 1n);
  const join = need.function === 'max' ? larger : add;
  const { currency } = need;
  if (need.of === 'value' && currency !== undefined) {
    return ({ total }, facts) => {
      const value = facts.value(currency);
      return value && join(fiat(total), value);
    };
  }
  return ({ total }, { asset, units }) =>
    asset === undefined || units === undefined ? undefined : join(whole(total), whole(units));
}

const larger = (left: Exact, right: Exact): Exact => (compare(left, right) < 0 ? right : left);
