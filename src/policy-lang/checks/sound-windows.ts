import { type ClockChange, clockChanges } from '#policy-lang/values/clock-changes.ts';
import type { WeekWindow, Weekday } from '#policy-lang/checking/condition.ts';
import type { Scope } from '#policy-lang/checking/scope.ts';
import type { Hours } from '#policy-lang/syntax/syntax.ts';

/** The last time of a day. */
const DAY_MINUTES = 24 * 60;

/**
 * Check 11: a window of the week is not empty, and does not begin or end at a time that the clocks of
 * its zone skip or show twice.
 */
export function requireSoundWindow({ report }: Scope, hours: Hours, window: WeekWindow): boolean {
  if (window.from === window.until) {
    const message = 'The window begins and ends at the same time.';
    report.add('BAD_TIME', hours.span, message, 'Write 00:00..24:00 for whole days.');
    return false;
  }
  for (const change of clockChanges(window.zone)) {
    const found = faultOn(window, change);
    if (found === undefined) continue;
    const message = `The window ${found} in ${window.zone} when the clocks change, as on ${change.date}.`;
    const hint = 'Begin and end at a time that every day has once.';
    report.add('BAD_TIME', hours.span, message, hint);
    return false;
  }
  return true;
}

function faultOn(window: WeekWindow, change: ClockChange): string | undefined {
  for (const [from, until] of partsOn(window, change.weekday)) {
    if (change.kind === 'skipped' && from >= change.from && until <= change.until) {
      return 'is empty';
    }
    const inside = (minute: number): boolean => minute > change.from && minute < change.until;
    const begins = inside(from);
    if (!begins && !inside(until)) continue;
    const verb = begins ? 'begins' : 'ends';
    return `${verb} at a time that ${change.kind === 'skipped' ? 'is skipped' : 'comes twice'}`;
  }
  return undefined;
}

/** The stretches of one day that the window covers: also the rest of one that began the day before. */
function partsOn({ days, from, until }: WeekWindow, weekday: number): readonly [number, number][] {
  const before = (weekday === 1 ? 7 : weekday - 1) as Weekday;
  const today = days.has(weekday as Weekday);
  if (until > from) return today ? [[from, until]] : [];
  return [
    ...(today ? ([[from, DAY_MINUTES]] as [number, number][]) : []),
    ...(days.has(before) && until > 0 ? ([[0, until]] as [number, number][]) : []),
  ];
}
