/**
 * The totals of a history once more, by looking at every earlier request for every question. It
 * shares nothing with the windows that it checks: values are fractions, dates are what
 * `Intl.DateTimeFormat` prints.
 */
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import { type AggregateFact, isCountedAs, type RequestFacts } from '#policy-lang/snapshot.ts';
import type { PastRequest } from '#policy-lang/history/windows.ts';

/** Decimals of the assets of a history. */
export type Decimals = ReadonlyMap<string, number>;

export function factByLooking(
  need: AggregateNeed,
  history: readonly PastRequest[],
  asked: {
    readonly request: RequestFacts;
    readonly now: number;
    readonly decimals: Decimals;
    /** The one recipient that a need with a `where` counts. */
    readonly vendor: string;
  },
): AggregateFact | undefined {
  const wanted = need.by.map((field) => fieldOf(asked.request, field));
  if (wanted.includes(undefined)) return undefined;
  // A request of which it is not known where it counts may count anywhere.
  const isUnplaced = (past: PastRequest): boolean =>
    need.by.some((field) => fieldOf(past.request, field) === undefined);
  const counted = history.filter(
    (past) =>
      (need.where === undefined ||
        [undefined, asked.vendor.toLowerCase()].includes(fieldOf(past.request, 'recipient'))) &&
      isCountedAs(need.activity, past.activity) &&
      (past.state === 'reserved' || isInWindow(need, past.at, asked.now)) &&
      (need.asset === undefined || [undefined, need.asset].includes(past.request.asset)) &&
      (isUnplaced(past) ||
        need.by.every((field, place) => wanted[place] === fieldOf(past.request, field))),
  );
  const measures = counted.map((past) =>
    isUnplaced(past) || (need.where !== undefined && past.request.recipient === undefined)
      ? undefined
      : measureOf(need, past, asked.decimals),
  );
  if (measures.includes(undefined)) return undefined;
  if (!need.distinct) {
    const amounts = measures as bigint[];
    if (need.function !== 'max') return { total: amounts.reduce((sum, one) => sum + one, 0n) };
    return { total: amounts.reduce((most, one) => (one > most ? one : most), 0n) };
  }
  const names = new Set(measures);
  const own = fieldOf(asked.request, need.of);
  const total = BigInt(names.size);
  return own === undefined ? { total } : { total, seen: names.has(own) };
}

function fieldOf(request: RequestFacts, field: string): string | undefined {
  if (field === 'wallet') return request.wallet?.id;
  if (field === 'initiator') return request.initiator?.id;
  if (field === 'asset') return request.asset;
  if (field === 'recipient') return request.recipient?.toLowerCase();
  return request.network ?? request.asset?.split('@')[1];
}

function measureOf(
  need: AggregateNeed,
  { activity, request, prices, at }: PastRequest,
  decimals: Decimals,
): bigint | string | undefined {
  if (need.of === 'requests') return 1n;
  const { asset } = request;
  // A contract call moves what it sends.
  const units = activity === 'contract-call' ? request.call?.value : request.units;
  if (need.of === 'amount') return asset === undefined ? undefined : units;
  if (need.of !== 'value') return fieldOf(request, need.of);
  const places = asset === undefined ? undefined : decimals.get(asset);
  const quote = (asset === undefined ? [] : (prices.get(asset) ?? [])).find(
    ({ price }) => price.currency === need.currency,
  );
  if (units === undefined || places === undefined || quote === undefined) return undefined;
  if (at - quote.asOf > quote.maxAgeMs || quote.asOf - at > 5_000) return undefined;
  if (quote.price.scaled <= 0n) return undefined;
  const cents = units * quote.price.scaled * 100n;
  const one = 10n ** BigInt(places + quote.price.scale);
  return cents % one === 0n ? cents / one : cents / one + 1n;
}

function isInWindow({ window }: AggregateNeed, at: number, now: number): boolean {
  if (window.kind === 'last') return at > now - window.ms;
  const first = firstDate(window.unit, dateIn(window.zone, now));
  return dateIn(window.zone, at) >= first;
}

const dates = new Map<string, Intl.DateTimeFormat>();

/** `2026-07-01`, as the clocks of the zone show it. */
export function dateIn(zone: string, at: number): string {
  let format = dates.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
    dates.set(zone, format);
  }
  return format.format(at);
}

function firstDate(unit: 'day' | 'week' | 'month', date: string): string {
  if (unit === 'day') return date;
  if (unit === 'month') return `${date.slice(0, 7)}-01`;
  const day = new Date(`${date}T00:00:00Z`);
  while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}
