/** Instants are milliseconds since 1970 in UTC; durations are milliseconds. Both are arguments here. */
import { invalidInput } from './errors.ts';

export type Instant = number & { readonly __time: 'instant' };

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
const MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** @throws INVALID_INPUT outside the years 1970 to 9999. */
export function instant(ms: number): Instant {
  if (Number.isSafeInteger(ms) && ms >= 0 && ms <= MAX_MS) return ms as Instant;
  throw invalidInput('time', 'outside the years 1970 to 9999', 'Use milliseconds since 1970.');
}

/** RFC 3339 in UTC with milliseconds: the one spelling that is signed. */
export const formatInstant = (at: Instant): string => new Date(at).toISOString();

/** @throws INVALID_INPUT when the text is not RFC 3339 in UTC, or names a day that does not exist. */
export function parseInstant(text: string, field = 'time'): Instant {
  const ms = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text.slice(0, 19))) {
    throw invalidInput(field, 'not a time in UTC', 'Write it like 2026-07-01T09:30:00Z.');
  }
  return instant(ms);
}
