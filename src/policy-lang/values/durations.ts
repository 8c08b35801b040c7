/** Durations such as `24h`, in milliseconds. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#core/time.ts';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['w', 7 * DAY_MS],
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
]);

/** Ten years: longer windows and expiries are mistakes. */
export const MAX_DURATION_MS = 3_660 * DAY_MS;

/** Milliseconds, or undefined for zero, a leading zero, and anything beyond ten years. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^([1-9]\d{0,11})([a-z]+)$/.exec(text) ?? [];
  const unitMs = UNITS.get(unit);
  if (digits === '' || unitMs === undefined) return undefined;
  const ms = Number(digits) * unitMs;
  return ms <= MAX_DURATION_MS ? ms : undefined;
}

const SPELLINGS = [
  ['d', 'day', DAY_MS],
  ['h', 'hour', HOUR_MS],
  ['min', 'minute', MINUTE_MS],
  ['s', 'second', SECOND_MS],
] as const;

/** The largest unit that divides it; one day is spelled as 24 hours, as limits usually are. */
function spell(ms: number): readonly [count: number, short: string, word: string] {
  for (const [short, word, unitMs] of SPELLINGS) {
    if (ms % unitMs === 0 && ms !== DAY_MS) return [ms / unitMs, short, word];
    if (ms === DAY_MS && unitMs === HOUR_MS) return [24, short, word];
  }
  return [ms, 'ms', 'millisecond'];
}

/** `24h`, `7d`, `90min`: one spelling for each duration. */
export function formatDuration(ms: number): string {
  const [count, short] = spell(ms);
  return `${count}${short}`;
}

/** `24 hours`, `1 hour`. */
export function durationInWords(ms: number): string {
  const [count, , word] = spell(ms);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
