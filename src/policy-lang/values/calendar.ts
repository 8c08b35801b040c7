/**
 * Calendar days, weeks and months on the clocks of a zone (policy language, semantics 9). A period
 * begins at the first instant at which the clocks show its first date, and ends where the next one
 * begins. So periods follow each other without gap or overlap whatever the clocks do: a midnight
 * that is skipped begins the day at the first time after it, one that comes twice at the first.
 */
import { DAY_MS, HOUR_MS, type Instant } from '#core/time.ts';
import { localClock } from './local-time.ts';

export type CalendarUnit = 'day' | 'week' | 'month';

/** Half-open: from `from` up to and without `until`. */
export type Period = { readonly from: Instant; readonly until: Instant };

/** No zone has ever been further than this from UTC. */
const OFFSET_MAX_MS = 16 * HOUR_MS;
/** 1970-01-05, the first Monday of the count. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** The day, the week (from Monday) or the month that an instant falls into. */
export function calendarPeriod(unit: CalendarUnit, zone: string, at: Instant): Period {
  const shown = localClock(zone, at);
  const midnight = shown - modulo(shown, DAY_MS);
  let first = firstDate(unit, midnight);
  let next = followingDate(unit, first);
  let until = firstInstantOf(zone, next);
  // After clocks went back over a midnight they show the old date in a day that has begun.
  while (until <= at) {
    first = next;
    next = followingDate(unit, first);
    until = firstInstantOf(zone, next);
  }
  return { from: firstInstantOf(zone, first) as Instant, until: until as Instant };
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** Dates are the midnights of a UTC clock that shows them. */
function firstDate(unit: CalendarUnit, date: number): number {
  if (unit === 'day') return date;
  if (unit === 'week') return date - modulo(date - FIRST_MONDAY_MS, 7 * DAY_MS);
  const shown = new Date(date);
  return Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth(), 1);
}

function followingDate(unit: CalendarUnit, first: number): number {
  if (unit !== 'month') return first + (unit === 'week' ? 7 : 1) * DAY_MS;
  const shown = new Date(first);
  return Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth() + 1, 1);
}

/** The first instant at which the clocks of a zone show a date or a later one. */
function firstInstantOf(zone: string, date: number): number {
  let at = date - OFFSET_MAX_MS;
  for (;;) {
    const gap = date - localClock(zone, at);
    if (gap <= 0) return at;
    const change = firstChange(zone, at, at + gap);
    if (change === undefined) return at + gap;
    at = change;
  }
}

/** The instant in `(from, to]` from which on the clocks run on another offset than at `from`. */
function firstChange(zone: string, from: number, to: number): number | undefined {
  const offset = localClock(zone, from) - from;
  const isBefore = (at: number): boolean => localClock(zone, at) - at === offset;
  if (isBefore(to)) return undefined;
  let before = from;
  let after = to;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isBefore(middle)) before = middle;
    else after = middle;
  }
  return after;
}
