/**
 * Running totals over a history in memory: what the platform's database adds up for one request,
 * for every request of a backtest or of a model. Each earlier request counts with the facts and the
 * value of its own time (policy language, semantics 9).
 *
 * A window has a beginning and no end: what is recorded has happened, whatever the clocks of two
 * machines say about it. So a clock that is set back hides nothing.
 */
import { type AssetId, networkOf } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import { addressKey } from './address.ts';
import { type Period, calendarPeriod } from './calendar.ts';
import type { AggregateNeed, GroupingField } from './compiled-policy.ts';
import { ledgerValue } from './exact.ts';
import { Facts, type Linked } from './facts.ts';
import { type Test, planCondition } from './plan-condition.ts';
import type { Activity, AggregateFact, Quote, RequestFacts } from './snapshot.ts';
import { type Measure, Timeline } from './timeline.ts';
import { FALSE, MISSING } from './truth.ts';

export type PastRequest = {
  readonly at: Instant;
  readonly activity: Activity;
  readonly request: RequestFacts;
  /** As they were at `at`. */
  readonly prices: ReadonlyMap<AssetId, readonly Quote[]>;
  /** What is reserved may leave at any moment, so it counts however long ago it was asked for. */
  readonly state: 'reserved' | 'done';
};

/** The totals of one need, one for each group. */
class Stream {
  readonly need: AggregateNeed;
  readonly where: Test | undefined;
  readonly #totalling: 'sum' | 'max' | 'distinct';
  readonly #groups = new Map<string, Timeline>();
  /** Requests of which it is not known in which group they count; none is ever counted in two. */
  #anywhere: Timeline | undefined;
  #period: Period | undefined;

  constructor(need: AggregateNeed, where: Test | undefined) {
    this.need = need;
    this.where = where;
    this.#totalling = need.distinct ? 'distinct' : need.function === 'max' ? 'max' : 'sum';
  }

  timelineOf(group: string | undefined): Timeline {
    if (group === undefined) return (this.#anywhere ??= new Timeline(this.#totalling));
    let timeline = this.#groups.get(group);
    if (timeline === undefined) {
      timeline = new Timeline(this.#totalling);
      this.#groups.set(group, timeline);
    }
    return timeline;
  }

  /** The total of a group at a time; `name` is what a count of different things looks for. */
  fact(group: string, now: Instant, name: string | undefined): AggregateFact | undefined {
    const after = this.#lastInstantBefore(now);
    if (this.#anywhere !== undefined && this.#anywhere.totalAfter(after) === undefined) {
      return undefined;
    }
    const timeline = this.#groups.get(group);
    const total = timeline === undefined ? 0n : timeline.totalAfter(after);
    if (total === undefined) return undefined;
    return name === undefined ? { total } : { total, seen: timeline?.counts(name) ?? false };
  }

  /** The last instant that does not belong to the window. */
  #lastInstantBefore(now: Instant): number {
    const { window } = this.need;
    if (window.kind === 'last') return now - window.ms;
    const known = this.#period;
    if (known !== undefined && known.from <= now && now < known.until) return known.from - 1;
    this.#period = calendarPeriod(window.unit, window.zone, now);
    return this.#period.from - 1;
  }
}

/**
 * Amortised constant time for each need and each step of a clock that goes forward. It keeps all
 * that it has recorded, so that a clock may also step back.
 */
export class HistoryWindows {
  readonly #streams: readonly Stream[];
  readonly #world: Linked;

  /** `world` is what the policy that states the needs is linked with. */
  constructor(needs: readonly AggregateNeed[], world: Linked) {
    this.#world = world;
    this.#streams = needs.map(
      (need) => new Stream(need, need.where && planCondition(need.where, world)),
    );
  }

  /** Adds a request. Those that were released again - rejected, expired, failed - do not count. */
  record(past: PastRequest): void {
    const { at, activity, request, prices, state } = past;
    let facts: Facts | undefined;
    for (const stream of this.#streams) {
      const { need, where } = stream;
      if (need.activity !== activity || countsAnotherAsset(need, request.asset)) continue;
      facts ??= new Facts(
        { now: at, activity, request, prices, aggregates: new Map() },
        this.#world,
      );
      const truth = where?.(facts);
      if (truth === FALSE) continue;
      const group = groupOf(need, request);
      const isKnown = truth !== MISSING && group !== undefined;
      const measure = isKnown ? measureOf(need, facts) : undefined;
      const timeline = stream.timelineOf(group);
      if (state === 'reserved') timeline.keep(measure);
      else timeline.insert(at, measure);
    }
  }

  /** The totals for a request at a time, by the needs' keys; those that are not known are absent. */
  facts(request: RequestFacts, now: Instant): Map<string, AggregateFact> {
    const facts = new Map<string, AggregateFact>();
    for (const stream of this.#streams) {
      const { need } = stream;
      const group = groupOf(need, request);
      const name = need.distinct ? nameOf(request, need.of as GroupingField) : undefined;
      const fact = group === undefined ? undefined : stream.fact(group, now, name);
      if (fact !== undefined) facts.set(need.key, fact);
    }
    return facts;
  }
}

const countsAnotherAsset = (need: AggregateNeed, asset: AssetId | undefined): boolean =>
  need.asset !== undefined && asset !== undefined && need.asset !== asset;

/** What the need groups by, as one text; undefined where the request does not say. */
function groupOf({ by }: AggregateNeed, request: RequestFacts): string | undefined {
  const [first, ...more] = by;
  if (first === undefined) return '';
  if (more.length === 0) return nameOf(request, first);
  const names = by.map((field) => nameOf(request, field));
  return names.includes(undefined) ? undefined : JSON.stringify(names);
}

/** What tells requests apart in a field; two spellings of one address are one name. */
function nameOf(request: RequestFacts, field: GroupingField): string | undefined {
  switch (field) {
    case 'wallet':
    case 'initiator':
      return request[field]?.id;
    case 'asset':
      return request.asset;
    case 'recipient':
      return request.recipient === undefined ? undefined : addressKey(request.recipient);
    default:
      return request.network ?? (request.asset && networkOf(request.asset));
  }
}

/** What a request adds to a need that counts it. */
function measureOf(need: AggregateNeed, facts: Facts): Measure {
  if (need.of === 'requests') return 1n;
  if (need.of === 'amount') return facts.asset === undefined ? undefined : facts.units;
  if (need.of !== 'value') return nameOf(facts.snapshot.request, need.of);
  const { units, assetFact } = facts;
  const quote = need.currency === undefined ? undefined : facts.quote(need.currency);
  if (units === undefined || assetFact === undefined || quote === undefined) return undefined;
  return ledgerValue(units, assetFact.decimals, quote.price);
}
