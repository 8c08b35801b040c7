import { expect, test } from 'vitest';
import { formatInstant, parseInstant } from './time.ts';

test('an instant has one printed form', () => {
  expect(formatInstant(parseInstant('2026-07-01T09:30:00Z'))).toBe('2026-07-01T09:30:00.000Z');
});

test.each([
  '2026-02-30T00:00:00Z',
  '2026-07-01',
  '2026-07-01T00:00:00+02:00',
  '1900-01-01T00:00:00Z',
])('%s is refused', (text) => {
  expect(() => parseInstant(text)).toThrow(/time/);
});
