import { DAY_MS } from '#core/time.ts';
import type { AggregateWindow } from '#policy-lang/compiled-policy.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import { durationInWords } from '#policy-lang/values/durations.ts';
import type { Scope } from '#policy-lang/checking/scope.ts';

/** The longest that a calendar unit can be: the day on which clocks go back, a month of 31 days. */
const CALENDAR_DAYS = { day: 2, week: 8, month: 32 } as const;

/** Check 14: a total looks back no further than the platform keeps its history. */
export function requireHistory(scope: Scope, span: Span, window: AggregateWindow): boolean {
  const retainedMs = scope.world.historyMs;
  const ms = window.kind === 'last' ? window.ms : CALENDAR_DAYS[window.unit] * DAY_MS;
  if (retainedMs === undefined || ms <= retainedMs) return true;
  const message = `The window is longer than the history that is kept: ${durationInWords(retainedMs)}.`;
  scope.report.add('NO_HISTORY', span, message, 'Choose a shorter window, or keep more history.');
  return false;
}
