import { expect, test } from 'vitest';
import { parseInstant } from '#core/time.ts';
import type { WeekWindow, Weekday } from '#policy-lang/checking/condition.ts';
import { isWithin } from '#policy-lang/values/week-window.ts';
import { momentsOf } from './moments.ts';

const window = (
  days: readonly Weekday[],
  from: number,
  until: number,
  zone: string,
): WeekWindow => ({
  days: new Set(days),
  from: from * 60,
  until: until * 60,
  zone,
});
const PERIOD = { from: parseInstant('2026-07-01T00:00:00Z') };

const PARIS = window([1, 2, 3, 4, 5], 8, 18, 'Europe/Paris');
const NIGHT = window([5], 22, 6, 'Europe/Paris');
const NEW_YORK = window([1, 2, 3, 4, 5], 8, 18, 'America/New_York');
const TOKYO = window([1, 2, 3, 4, 5], 9, 15, 'Asia/Tokyo');

/** Which of the windows are open together at some time, as the analysis sees it. */
const combinations = (windows: readonly WeekWindow[]) => {
  const moments = momentsOf(windows, PERIOD);
  const numbers = moments.domain.kind === 'range' ? [] : [...moments.domain.values];
  for (const number of numbers) {
    for (const one of windows) {
      expect(isWithin(one, moments.at(number))).toBe(moments.inside(one).has(number));
    }
  }
  return new Set(
    numbers.map((number) => windows.map((one) => moments.inside(one).has(number)).join(' ')),
  );
};

test.each([
  [[PARIS], 2],
  [[PARIS, NIGHT], 3],
  [[PARIS, NEW_YORK], 4],
  [[PARIS, TOKYO], 3],
])('windows are open together as on a real calendar: %#', (windows, expected) => {
  expect(combinations(windows).size).toBe(expected);
});

test('no hour of two years has a combination that was not found', () => {
  const windows = [PARIS, NEW_YORK, window([7], 1, 4, 'America/New_York'), TOKYO];
  const found = combinations(windows);
  const missed = new Set<string>();
  for (let hour = 0; hour < 24 * 731; hour++) {
    const at = parseInstant('2026-07-01T00:30:00Z') + hour * 3_600_000;
    const open = windows.map((one) => isWithin(one, at as typeof PERIOD.from)).join(' ');
    if (!found.has(open)) missed.add(`${open} at ${new Date(at).toISOString()}`);
  }
  expect([...missed]).toEqual([]);
});

test('windows that are open together for one hour a year are found', () => {
  // New York has changed its clocks, Chicago not yet: 03:30 there is 01:30 here.
  const [east, west] = [
    window([7], 3, 4, 'America/New_York'),
    window([7], 1, 2, 'America/Chicago'),
  ];
  expect(combinations([east, west])).toContain('true true');
});
