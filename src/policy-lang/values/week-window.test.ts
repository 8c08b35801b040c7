import { expect, test } from 'vitest';
import { parseInstant } from '#core/time.ts';
import type { Weekday } from '#policy-lang/checking/condition.ts';
import { isWithin, timeInWords, windowInWords } from './week-window.ts';

const window = (days: readonly Weekday[], from: number, until: number, zone: string) => ({
  days: new Set(days),
  from,
  until,
  zone,
});
const EVERY_DAY: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7];

test.each([
  ['in the evening it has begun', '2026-08-07T20:00:00Z', true],
  ['a minute before it has not', '2026-08-07T19:59:59Z', false],
  ['it goes on after midnight', '2026-08-08T03:59:59Z', true],
  ['and ends on the minute', '2026-08-08T04:00:00Z', false],
  ['it does not begin on the next evening', '2026-08-08T20:00:00Z', false],
])('a window that crosses midnight belongs to the day on which it begins: %s', (_, at, inside) => {
  const friday = window([5], 22 * 60, 6 * 60, 'Europe/Paris');
  expect(isWithin(friday, parseInstant(at))).toBe(inside);
});

test('Sunday night goes on into Monday', () => {
  const sunday = window([7], 22 * 60, 6 * 60, 'UTC');
  expect(isWithin(sunday, parseInstant('2026-08-03T05:00:00Z'))).toBe(true);
  expect(isWithin(sunday, parseInstant('2026-08-04T05:00:00Z'))).toBe(false);
});

test('a day that ends at 24:00 has all its minutes', () => {
  const monday = window([1], 0, 1_440, 'UTC');
  expect(isWithin(monday, parseInstant('2026-08-03T00:00:00Z'))).toBe(true);
  expect(isWithin(monday, parseInstant('2026-08-03T23:59:59.999Z'))).toBe(true);
  expect(isWithin(monday, parseInstant('2026-08-04T00:00:00Z'))).toBe(false);
});

test.each([
  ['Europe/Paris', '2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'],
  ['America/New_York', '2026-03-08T06:59:00Z', '2026-03-08T07:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:29:00Z', '2026-10-03T15:30:00Z'],
])('in %s the clocks skip from one side of the window to the other', (zone, before, after) => {
  const skipped = window(EVERY_DAY, 2 * 60, 2 * 60 + 30, zone);
  expect(isWithin(skipped, parseInstant(before))).toBe(false);
  const isSkippedWhole =
    zone !== 'Australia/Lord_Howe' || timeInWords(parseInstant(after), zone) >= 'Sun 02:30';
  expect(isSkippedWhole).toBe(true);
  expect(isWithin(skipped, parseInstant(after))).toBe(false);
});

test('an hour that the clocks repeat is in the window both times', () => {
  const hour = window(EVERY_DAY, 2 * 60, 3 * 60, 'Europe/Paris');
  const at = (time: string) => isWithin(hour, parseInstant(`2026-10-25T${time}Z`));
  expect([at('00:30:00'), at('01:30:00'), at('02:00:00')]).toEqual([true, true, false]);
});

test.each([
  [[1, 2, 3, 4, 5], 480, 1_080, 'Mon..Fri 08:00..18:00'],
  [[1, 3, 4, 7], 0, 1_440, 'Mon, Wed..Thu, Sun 00:00..24:00'],
] as const)('the days %j are written as runs', (days, from, until, words) => {
  expect(windowInWords(window(days, from, until, 'UTC'))).toBe(words);
});
