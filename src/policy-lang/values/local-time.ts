/**
 * A time on the clocks of a zone, as an instant. The zone data is the runtime's copy of the IANA
 * database. Times that a change of clocks skips or repeats are refused rather than guessed.
 */
import { DAY_MS, type Instant, SECOND_MS, instant } from '#core/time.ts';

export type LocalReading =
  | { readonly ok: true; readonly at: Instant }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

function formatFor(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone);
  let format: Intl.DateTimeFormat | undefined;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  if (formats.size < 1_000) formats.set(zone, format);
  return format;
}

export const isZone = (zone: string): boolean => formatFor(zone) !== undefined;

/** Milliseconds that the zone's clocks are ahead of UTC at an instant. */
function offsetMs(format: Intl.DateTimeFormat, ms: number): number {
  const part = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const field = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  const shown = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  return shown - ms;
}

/**
 * What the clocks of a zone show at an instant, as the milliseconds of a UTC clock that shows the
 * same. The zone exists: `isZone` has said so.
 */
export function localClock(zone: string, at: number): number {
  const format = formatFor(zone);
  if (format === undefined) throw new Error(`there is no time zone ${zone}`);
  // The format knows whole seconds only, and so do the changes of clocks.
  return at + offsetMs(format, Math.floor(at / SECOND_MS) * SECOND_MS);
}

/** `2026-07-01T00:00` with `Europe/Paris`. */
export function readLocalTime(text: string, zone: string): LocalReading {
  const format = formatFor(zone);
  if (format === undefined) {
    const hint = 'Write it as in the IANA database, e.g. Europe/Paris or UTC.';
    return { ok: false, message: `There is no time zone "${zone}".`, hint };
  }
  const [, year, month, day, hour, minute, second = '00'] = LOCAL.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const clock = Date.parse(iso);
  if (Number.isNaN(clock) || new Date(clock).toISOString() !== iso || clock < DAY_MS) {
    return {
      ok: false,
      message: `There is no time ${text}.`,
      hint: 'Write a day and a time that exist, after 1970, e.g. 2026-07-01T00:00.',
    };
  }
  const offsets = new Set(
    [clock - DAY_MS, clock, clock + DAY_MS].map((ms) => offsetMs(format, ms)),
  );
  const matches = [...offsets]
    .map((offset) => clock - offset)
    .filter((ms) => ms + offsetMs(format, ms) === clock);
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return { ok: true, at: instant(only) };
  const happens = only === undefined ? 'is skipped' : 'happens twice';
  return {
    ok: false,
    message: `The clocks change: ${text} ${happens} in ${zone}.`,
    hint: 'Choose a time an hour or two earlier or later, or give it in UTC.',
  };
}
