/**
 * The changes of a zone's clocks in two years that have passed. What a window meets on such a day is
 * a property of the policy's text, so the answer must not change when a government announces
 * another rule for the future: every copy of the zone data since then has these years alike.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#core/time.ts';
import { localClock } from './local-time.ts';

/** Times that the clocks skip, or show twice, on one date: half-open, in minutes of the day. */
export type ClockChange = {
  readonly kind: 'skipped' | 'twice';
  /** Monday is 1. */
  readonly weekday: number;
  readonly from: number;
  readonly until: number;
  /** `2025-03-30` */
  readonly date: string;
};

const FROM = Date.UTC(2024, 0, 1);
const UNTIL = Date.UTC(2026, 0, 1);

const known = new Map<string, readonly ClockChange[]>();
const KNOWN_MAX = 500;

/** The zone exists. */
export function clockChanges(zone: string): readonly ClockChange[] {
  const before = known.get(zone);
  if (before !== undefined) return before;
  const changes: ClockChange[] = [];
  const offset = (at: number): number => localClock(zone, at) - at;
  for (let day = FROM; day < UNTIL; day += DAY_MS) {
    if (offset(day) === offset(day + DAY_MS)) continue;
    changes.push(...changesOn(day, offset));
  }
  if (known.size < KNOWN_MAX) known.set(zone, changes);
  return changes;
}

function* changesOn(day: number, offset: (at: number) => number): Generator<ClockChange> {
  for (let hour = day; hour < day + DAY_MS; hour += HOUR_MS) {
    if (offset(hour) === offset(hour + HOUR_MS)) continue;
    for (let at = hour + MINUTE_MS; at <= hour + HOUR_MS; at += MINUTE_MS) {
      const [old, now] = [offset(at - MINUTE_MS), offset(at)];
      if (old !== now) yield change(at + Math.min(old, now), Math.abs(now - old), now > old);
    }
  }
}

/** `shown` is the first of the skipped or repeated times, as a UTC clock that shows it. */
function change(shown: number, lengthMs: number, skipped: boolean): ClockChange {
  const date = new Date(shown);
  const from = (shown - Date.parse(date.toISOString().slice(0, 10))) / MINUTE_MS;
  return {
    kind: skipped ? 'skipped' : 'twice',
    weekday: date.getUTCDay() || 7,
    from,
    until: from + lengthMs / MINUTE_MS,
    date: date.toISOString().slice(0, 10),
  };
}
