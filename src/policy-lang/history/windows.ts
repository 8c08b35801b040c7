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
import { knownAddressKey } from '#policy-lang/values/address-memory.ts';
import { type Period, calendarPeriod } from '#policy-lang/values/calendar.ts';
import type { AggregateNeed, GroupingField } from '#policy-lang/compiled-policy.ts';
import { ledgerValue } from '#policy-lang/values/exact.ts';
import { Facts, type Linked } from '#policy-lang/deciding/facts.ts';
import { type Test, planCondition } from '#policy-lang/deciding/plan-condition.ts';
import {
  type Activity,
  type AggregateFact,
  isCountedAs,
  type Quote,
  type RequestFacts,
} from '#policy-lang/snapshot.ts';
import { type Measure, Timeline } from './timeline.ts';
import { FALSE, MISSING } from '#policy-lang/deciding/truth.ts';

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
  private readonly totalling: 'sum' | 'max' | 'distinct';
  private readonly groups = new Map<string, Timeline>();
  /** Requests of which it is not known in which group they count; none is ever counted in two. */
  private anywhere: Timeline | undefined;
  private period: Period | undefined;
  /** The request that was asked about last is mostly the one that is recorded next. */
  private lastRequest: RequestFacts | undefined;
  private lastGroup: string | undefined;

  constructor(need: AggregateNeed, where: Test | undefined) {
    this.need = need;
    this.where = where;
    this.totalling = need.distinct ? 'distinct' : need.function === 'max' ? 'max' : 'sum';
  }

  groupOf(request: RequestFacts): string | undefined {
    if (request !== this.lastRequest) {
      this.lastGroup = groupOf(this.need, request);
      this.lastRequest = request;
    }
    return this.lastGroup;
  }

  timelineOf(group: string | undefined): Timeline {
    if (group === undefined) return (this.anywhere ??= new Timeline(this.totalling));
    let timeline = this.groups.get(group);
    if (timeline === undefined) {
      timeline = new Timeline(this.totalling);
      this.groups.set(group, timeline);
    }
    return timeline;
  }

  /** The total for a request at a time. */
  fact(request: RequestFacts, now: Instant): AggregateFact | undefined {
    const group = this.groupOf(request);
    if (group === undefined) return undefined;
    const after = this.lastInstantBefore(now);
    if (this.anywhere !== undefined && this.anywhere.totalAfter(after) === undefined) {
      return undefined;
    }
    const timeline = this.groups.get(group);
    const total = timeline === undefined ? 0n : timeline.totalAfter(after);
    if (total === undefined) return undefined;
    const name = this.need.distinct ? nameOf(request, this.need.of as GroupingField) : undefined;
    return name === undefined ? { total } : { total, seen: timeline?.counts(name) ?? false };
  }

  /** The last instant that does not belong to the window. */
  private lastInstantBefore(now: Instant): number {
    const { window } = this.need;
    if (window.kind === 'last') return now - window.ms;
    const known = this.period;
    if (known !== undefined && known.from <= now && now < known.until) return known.from - 1;
    this.period = calendarPeriod(window.unit, window.zone, now);
    return this.period.from - 1;
  }
}

/** A request while it is recorded; what several needs ask of it is worked out once. */
class Recorded {
  readonly past: PastRequest;
  private readonly world: Linked;
  private known: Facts | undefined;
  private currency: string | undefined;
  private value: bigint | undefined;

  constructor(past: PastRequest, world: Linked) {
    this.past = past;
    this.world = world;
    this.known = undefined;
    this.currency = undefined;
    this.value = undefined;
  }

  get facts(): Facts {
    if (this.known === undefined) {
      const { at: now, activity, request, prices } = this.past;
      this.known = new Facts({ now, activity, request, prices, aggregates: NONE }, this.world);
    }
    return this.known;
  }

  /** What the request adds to a need that counts it. */
  measureFor(need: AggregateNeed): Measure {
    if (need.of === 'requests') return 1n;
    if (need.of === 'amount') return this.facts.asset && this.facts.units;
    if (need.of !== 'value') return nameOf(this.past.request, need.of);
    if (need.currency !== this.currency) {
      this.currency = need.currency;
      this.value = this.worthIn(need.currency ?? '');
    }
    return this.value;
  }

  private worthIn(currency: string): bigint | undefined {
    const { units, assetFact } = this.facts;
    const quote = this.facts.quote(currency);
    if (units === undefined || assetFact === undefined || quote === undefined) return undefined;
    return ledgerValue(units, assetFact.decimals, quote.price);
  }
}

const NONE: ReadonlyMap<string, AggregateFact> = new Map();

/**
 * Amortised constant time for each need and each step of a clock that goes forward. It keeps all
 * that it has recorded, so that a clock may also step back.
 */
export class HistoryWindows {
  private readonly streams: readonly Stream[];
  private readonly world: Linked;

  /** `world` is what the policy that states the needs is linked with. */
  constructor(needs: readonly AggregateNeed[], world: Linked) {
    this.world = world;
    this.streams = needs.map(
      (need) => new Stream(need, need.where && planCondition(need.where, world)),
    );
  }

  /** Adds a request. Those that were released again - rejected, expired, failed - do not count. */
  record(past: PastRequest): void {
    this.enter(past, false);
  }

  /** Takes a recorded request away again, as if it had never been. */
  forget(past: PastRequest & { readonly state: 'done' }): void {
    this.enter(past, true);
  }

  /** Wherever the request counts it is added, or taken back. */
  private enter(past: PastRequest, isBack: boolean): void {
    const recorded = new Recorded(past, this.world);
    for (const stream of this.streams) {
      const { need, where } = stream;
      if (!isCountedAs(need.activity, past.activity)) continue;
      if (countsAnotherAsset(need, past.request.asset)) continue;
      const truth = where?.(recorded.facts);
      if (truth === FALSE) continue;
      const group = stream.groupOf(past.request);
      const isKnown = truth !== MISSING && group !== undefined;
      const measure = isKnown ? recorded.measureFor(need) : undefined;
      const timeline = stream.timelineOf(group);
      if (isBack) timeline.delete(past.at, measure);
      else if (past.state === 'reserved') timeline.keep(measure);
      else timeline.insert(past.at, measure);
    }
  }

  /** The totals for a request at a time, by the needs' keys; those that are not known are absent. */
  facts(request: RequestFacts, now: Instant): Map<string, AggregateFact> {
    const facts = new Map<string, AggregateFact>();
    for (const stream of this.streams) {
      const fact = stream.fact(request, now);
      if (fact !== undefined) facts.set(stream.need.key, fact);
    }
    return facts;
  }
}

const countsAnotherAsset = (need: AggregateNeed, asset: AssetId | undefined): boolean =>
  need.asset !== undefined && asset !== undefined && need.asset !== asset;

/** What the need groups by, as one text; undefined where the request does not say. */
function groupOf({ by }: AggregateNeed, request: RequestFacts): string | undefined {
  let group = '';
  for (const field of by) {
    const name = nameOf(request, field);
    if (name === undefined) return undefined;
    // With its length each name ends where it ends: no two groups have one text.
    group = by.length === 1 ? name : `${group}${name.length} ${name}`;
  }
  return group;
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
      return request.recipient === undefined ? undefined : knownAddressKey(request.recipient);
    default:
      return request.network ?? (request.asset && networkOf(request.asset));
  }
}
