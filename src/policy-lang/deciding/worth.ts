/**
 * What a request is worth, worked out once for all limits of an activity's rules: in the currency in
 * which most of them are. Limits in another are left to closures.
 */
import { type Condition, conjuncts } from '#policy-lang/checking/condition.ts';
import { type StepRange, rangeOf, worthInSteps } from '#policy-lang/values/money-steps.ts';
import { type Facts, type KnownAsset, unitsOf } from './facts.ts';
import { quoteAt } from './quotes.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { interned } from './interned.ts';

export class Worth {
  readonly currency: string | undefined;

  constructor(conditions: readonly Condition[]) {
    const currency = mostCommon(conditions.flatMap(currenciesOf));
    this.currency = currency === undefined ? undefined : interned(currency);
  }

  /** What a part asks of the steps; undefined where it asks something else. */
  rangeOf(part: Condition): StepRange | undefined {
    if (part.kind !== 'value' || part.currency !== this.currency) return undefined;
    return rangeOf(part.order, part.limit);
  }

  /** NaN where it is not known; 0 where no rule asks. */
  stepsOf(facts: Facts): number {
    if (this.currency === undefined) return 0;
    const { units, assetFact } = facts;
    const quote = facts.quote(this.currency);
    if (units === undefined || assetFact === undefined || quote === undefined) return Number.NaN;
    return worthInSteps(units, assetFact.decimals, quote.price);
  }

  /**
   * The same, read from the snapshot itself, for whoever asks for little else.
   * @param known what is known of the request's asset
   */
  stepsAt(snapshot: Snapshot, known: KnownAsset | undefined): number {
    if (this.currency === undefined) return 0;
    const units = unitsOf(snapshot);
    if (known === undefined || units === undefined) return Number.NaN;
    const quote = quoteAt(snapshot.prices.get(known.id), this.currency, snapshot.now);
    return quote === undefined ? Number.NaN : worthInSteps(units, known.decimals, quote.price);
  }
}

const currenciesOf = (condition: Condition): readonly string[] =>
  conjuncts(condition).flatMap((part) => (part.kind === 'value' ? [part.currency] : []));

/** Of equally common ones the first. */
function mostCommon(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, left], [, right]) => right - left);
  return most?.[0];
}
