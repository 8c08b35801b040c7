import { expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#core/time.ts';
import { durationInWords, formatDuration, parseDuration } from './durations.ts';

test.each([
  ['24h', DAY_MS, '24h', '24 hours'],
  ['1d', DAY_MS, '24h', '24 hours'],
  ['1w', 7 * DAY_MS, '7d', '7 days'],
  ['60min', HOUR_MS, '1h', '1 hour'],
  ['90min', 90 * 60_000, '90min', '90 minutes'],
  ['1500ms', 1_500, '1500ms', '1500 milliseconds'],
])('%s is %i ms, spelled %s, in words %s', (text, ms, short, words) => {
  expect(parseDuration(text)).toBe(ms);
  expect(formatDuration(ms)).toBe(short);
  expect(durationInWords(ms)).toBe(words);
});

test.each(['0h', '01h', '1y', 'h', '24', '99999d', '999999999999d'])('%s is refused', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
