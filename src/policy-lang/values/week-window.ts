/** Windows of the week on the clocks of a zone: `Mon..Fri 08:00..18:00 Europe/Paris`. */
import type { Instant } from '#core/time.ts';
import type { WeekWindow, Weekday } from '#policy-lang/checking/condition.ts';
import { localClock } from './local-time.ts';

/** The day of the week and the minute of the day on the clocks of a zone. */
function weekClock(now: Instant, zone: string): { weekday: Weekday; minute: number } {
  const local = new Date(localClock(zone, now));
  return {
    weekday: (local.getUTCDay() === 0 ? 7 : local.getUTCDay()) as Weekday,
    minute: local.getUTCHours() * 60 + local.getUTCMinutes(),
  };
}

/**
 * Whether the local time lies in the window. A window that crosses midnight belongs to the day on
 * which it begins: Fri 22:00..06:00 holds until Saturday 06:00.
 */
export function isWithin({ days, from, until, zone }: WeekWindow, now: Instant): boolean {
  const { weekday, minute } = weekClock(now, zone);
  if (until > from) return days.has(weekday) && minute >= from && minute < until;
  const yesterday = (weekday === 1 ? 7 : weekday - 1) as Weekday;
  return (days.has(weekday) && minute >= from) || (days.has(yesterday) && minute < until);
}

const NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** `Mon..Fri 08:00..18:00`, with runs of days written as such. */
export function windowInWords({ days, from, until }: WeekWindow): string {
  const runs: string[] = [];
  for (let day = 1; day <= 7; day++) {
    if (!days.has(day as Weekday)) continue;
    let last = day;
    while (last < 7 && days.has((last + 1) as Weekday)) last += 1;
    const [first, end] = [NAMES[day - 1] as string, NAMES[last - 1] as string];
    runs.push(first === end ? first : `${first}..${end}`);
    day = last;
  }
  return `${runs.join(', ')} ${clock(from)}..${clock(until)}`;
}

/** `Sat 14:05 in Europe/Paris`. */
export function timeInWords(now: Instant, zone: string): string {
  const { weekday, minute } = weekClock(now, zone);
  return `${NAMES[weekday - 1] as string} ${clock(minute)} in ${zone}`;
}
