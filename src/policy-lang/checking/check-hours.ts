/** Checks windows of the week: `time within Mon..Fri 08:00..18:00 Europe/Paris`. */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { requireSoundWindow } from '#policy-lang/checks/sound-windows.ts';
import type { Condition, Weekday } from './condition.ts';
import { requireZone } from '#policy-lang/checks/known-zones.ts';
import type { Scope } from './scope.ts';
import type { Hours, Written } from '#policy-lang/syntax/syntax.ts';

const DAYS: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** The last minute of a day, as an end that lies outside. */
const DAY_MINUTES = 24 * 60;

export function checkHours(scope: Scope, hours: Hours): Condition | undefined {
  const days = checkDays(scope, hours);
  const from = checkClock(scope, hours.from, DAY_MINUTES - 1);
  const until = checkClock(scope, hours.until, DAY_MINUTES);
  const zone = hours.zone.text;
  if (!requireZone(scope.report, hours.zone)) return undefined;
  if (days === undefined || from === undefined || until === undefined) return undefined;
  const window = { days, from, until, zone };
  return requireSoundWindow(scope, hours, window) ? { kind: 'within', window } : undefined;
}

function checkDays(scope: Scope, hours: Hours): ReadonlySet<Weekday> | undefined {
  const days = new Set<Weekday>();
  for (const { first, last } of hours.days) {
    const from = checkDay(scope, first);
    const to = last === undefined ? from : checkDay(scope, last);
    if (from === undefined || to === undefined) return undefined;
    // `Sat..Mon` goes over the end of the week.
    for (let day = from; ; day = ((day % 7) + 1) as Weekday) {
      if (days.has(day)) {
        const message = `The day ${DAYS[day - 1]} is said twice.`;
        scope.report.add('DUPLICATE', first.span, message, 'Delete one of the two.');
        return undefined;
      }
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
}

function checkDay(scope: Scope, written: Written): Weekday | undefined {
  const index = DAYS.indexOf(written.text);
  if (index >= 0) return (index + 1) as Weekday;
  const message = `There is no day "${written.text}".`;
  reportUnknown({ report: scope.report }, written, message, DAYS);
  return undefined;
}

/** `08:00` as minutes of the day. */
function checkClock(scope: Scope, written: Written, most: number): number | undefined {
  const [hour = Number.NaN, minute = Number.NaN] = written.text.split(':').map(Number);
  const minutes = hour * 60 + minute;
  if (minute < 60 && minutes <= most) return minutes;
  const message = `There is no time of day ${written.text} here.`;
  const hint = 'Times go from 00:00 to 23:59; a window may end at 24:00.';
  scope.report.add('BAD_TIME', written.span, message, hint);
  return undefined;
}
