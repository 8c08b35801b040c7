import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, type Instant, instant, parseInstant } from '#core/time.ts';
import { fuzz } from '#testing/policy-fixtures.ts';
import { type CalendarUnit, calendarPeriod } from './calendar.ts';

const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

test.each<[string, CalendarUnit, string, string, string, string]>([
  ['a summer day', 'day', 'Europe/Paris', '2026-07-01T10:00:00Z', '2026-06-30T22:00:00Z', '24'],
  ['a UTC day', 'day', 'UTC', '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z', '24'],
  ['the day before', 'day', 'UTC', '2026-06-30T23:59:59Z', '2026-06-30T00:00:00Z', '24'],
  ['spring forward', 'day', 'Europe/Paris', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', '23'],
  ['fall back', 'day', 'Europe/Paris', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', '25'],
  [
    'half an hour',
    'day',
    'Australia/Lord_Howe',
    '2026-04-04T20:00:00Z',
    '2026-04-04T13:00:00Z',
    '24.5',
  ],
  ['no midnight', 'day', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z', '23'],
  ['two midnights', 'day', 'America/Havana', '2025-11-02T05:30:00Z', '2025-11-02T04:00:00Z', '25'],
  [
    'back over midnight',
    'day',
    'America/St_Johns',
    '2006-10-29T02:45:00Z',
    '2006-10-29T02:30:00Z',
    '25',
  ],
  ['a lost day', 'day', 'Pacific/Apia', '2011-12-31T00:00:00Z', '2011-12-30T10:00:00Z', '24'],
  ['a leap day', 'day', 'America/New_York', '2028-02-29T12:00:00Z', '2028-02-29T05:00:00Z', '24'],
  ['a leap month', 'month', 'UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', `${29 * 24}`],
  [
    'a month',
    'month',
    'America/New_York',
    '2026-03-20T00:00:00Z',
    '2026-03-01T05:00:00Z',
    `${31 * 24 - 1}`,
  ],
  ['a Sunday', 'week', 'UTC', '2026-11-22T23:59:59Z', '2026-11-16T00:00:00Z', `${7 * 24}`],
  ['a Monday', 'week', 'UTC', '2026-11-23T00:00:00Z', '2026-11-23T00:00:00Z', `${7 * 24}`],
  [
    'a week with a change',
    'week',
    'Europe/Paris',
    '2026-10-21T00:00:00Z',
    '2026-10-18T22:00:00Z',
    `${7 * 24 + 1}`,
  ],
])('%s begins and ends where the clocks say', (_, unit, zone, at, from, hours) => {
  const period = calendarPeriod(unit, zone, parseInstant(at));
  expect(iso(period.from)).toBe(from);
  expect((period.until - period.from) / HOUR_MS).toBe(Number(hours));
});

const ZONES = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Africa/Cairo',
  'Pacific/Apia',
  'Asia/Kathmandu',
];

test('periods follow each other without gap or overlap', () => {
  const moment = fc.integer({ min: 10 * DAY_MS, max: 29_000 * DAY_MS });
  const unit = fc.constantFrom<CalendarUnit>('day', 'week', 'month');
  fc.assert(
    fc.property(moment, unit, fc.constantFrom(...ZONES), (ms, of, zone) => {
      const at = instant(ms);
      const { from, until } = calendarPeriod(of, zone, at);
      expect(from <= at && at < until).toBe(true);
      expect(calendarPeriod(of, zone, from)).toEqual({ from, until });
      expect(calendarPeriod(of, zone, (until - 1) as Instant)).toEqual({ from, until });
      expect(calendarPeriod(of, zone, until).from).toBe(until);
    }),
    fuzz(150),
  );
});
