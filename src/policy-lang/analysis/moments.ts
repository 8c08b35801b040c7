/**
 * The moments that time windows can tell apart. Which windows are open together depends on weekday,
 * hour and the clocks of their zones, so the moments are collected from a real calendar: every week
 * of two years in which the clocks of some zone stand differently.
 */
import { DAY_MS, type Instant, MINUTE_MS } from '#core/time.ts';
import type { WeekWindow } from '#policy-lang/checking/condition.ts';
import { localClock } from '#policy-lang/values/local-time.ts';
import { isWithin } from '#policy-lang/values/week-window.ts';
import type { Domain } from './domain.ts';

const WEEK_MS = 7 * DAY_MS;
/** As far as an open-ended policy is looked at: every change of clocks comes twice. */
const HORIZON_MS = 2 * 366 * DAY_MS;
const DAY_MINUTES = 1440;

export type Moments = {
  /** Every set of windows that is open at some time, by a number. */
  readonly domain: Domain;
  /** The numbers at which a window is open. */
  readonly inside: (window: WeekWindow) => ReadonlySet<string>;
  /** The first time of that number. */
  readonly at: (moment: string) => Instant;
};

/** Half-open: `until` may be absent. */
export type Period = { readonly from: Instant; readonly until?: Instant };

export function momentsOf(windows: readonly WeekWindow[], period: Period): Moments {
  const distinct = new Map(windows.map((window) => [windowKey(window), window]));
  const found = new Map<string, Instant>();
  for (const at of candidates([...distinct.values()], period)) {
    const open = [...distinct.values()]
      .map((window) => (isWithin(window, at) ? '1' : '0'))
      .join('');
    if (!found.has(open)) found.set(open, at);
  }
  const numbers = [...found.keys()];
  const position = new Map([...distinct.keys()].map((key, index) => [key, index]));
  const memo = new Map<string, ReadonlySet<string>>();
  return {
    domain: { kind: 'in', values: new Set(numbers) },
    inside: (window) => {
      const key = windowKey(window);
      const index = position.get(key);
      if (index === undefined) throw new Error(`the window ${key} was not collected`);
      const known = memo.get(key) ?? new Set(numbers.filter((open) => open[index] === '1'));
      memo.set(key, known);
      return known;
    },
    at: (moment) => found.get(moment) ?? period.from,
  };
}

const windowKey = ({ days, from, until, zone }: WeekWindow): string =>
  `${[...days].toSorted((left, right) => left - right).join('')} ${from}..${until} ${zone}`;

/** Instants between which no window opens or closes, one for each stretch at least. */
function* candidates(windows: readonly WeekWindow[], { from, until }: Period): Generator<Instant> {
  yield from;
  if (windows.length === 0) return;
  const zones = [...new Set(windows.map(({ zone }) => zone))];
  const end = Math.min(until ?? Infinity, from + HORIZON_MS);
  const changes = zones.flatMap((zone) => changesOf(zone, from, end)).toSorted((a, b) => a - b);
  const seen = new Set<string>();
  let start: number = from;
  for (const change of [...changes, end]) {
    const offsets = zones.map((zone) => localClock(zone, start) - start).join(' ');
    // A whole week under the same offsets has every moment that they allow.
    const isWhole = change - start >= WEEK_MS;
    if (change > start && !seen.has(offsets)) {
      yield start as Instant;
      for (const window of windows) yield* edges(window, start, Math.min(change, start + WEEK_MS));
      if (isWhole) seen.add(offsets);
    }
    start = change;
  }
}

/** When a window opens or closes between two times, within which its clocks do not change. */
function* edges({ from, until, zone }: WeekWindow, start: number, end: number): Generator<Instant> {
  const offset = localClock(zone, start) - start;
  const midnight = Math.floor((start + offset) / DAY_MS) * DAY_MS;
  for (let day = midnight; day - offset < end; day += DAY_MS) {
    for (const minute of [from, until % DAY_MINUTES]) {
      const at = day + minute * MINUTE_MS - offset;
      if (at >= start && at < end) yield at as Instant;
    }
  }
}

/** The instants at which the clocks of a zone change. */
function changesOf(zone: string, from: number, end: number): number[] {
  const offsetAt = (at: number): number => localClock(zone, at) - at;
  const found: number[] = [];
  let after = offsetAt(from);
  // No zone changes its clocks twice in a week, and asking for each day takes longer than checking.
  for (let week = from; week < end; week += WEEK_MS) {
    const before = after;
    let [low, high] = [week, Math.min(week + WEEK_MS, end)];
    after = offsetAt(high);
    if (after === before) continue;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}
