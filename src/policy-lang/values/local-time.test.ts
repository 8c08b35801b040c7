import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isZone, readLocalTime } from './local-time.ts';

const read = (text: string, zone: string): string => {
  const result = readLocalTime(text, zone);
  return result.ok ? new Date(result.at).toISOString() : result.message;
};

test.each([
  ['2026-07-01T00:00', 'Europe/Paris', '2026-06-30T22:00:00.000Z'],
  ['2026-01-01T00:00', 'Europe/Paris', '2025-12-31T23:00:00.000Z'],
  ['2026-07-01T00:00', 'UTC', '2026-07-01T00:00:00.000Z'],
  ['2026-07-01T12:34:56', 'Asia/Kolkata', '2026-07-01T07:04:56.000Z'],
  ['2028-02-29T00:00', 'America/Sao_Paulo', '2028-02-29T03:00:00.000Z'],
  ['2026-07-01T00:00', 'Australia/Lord_Howe', '2026-06-30T13:30:00.000Z'],
  ['2026-10-25T01:59', 'Europe/Berlin', '2026-10-24T23:59:00.000Z'],
  ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z'],
])('%s in %s is %s', (text, zone, utc) => {
  expect(read(text, zone)).toBe(utc);
});

test.each([
  ['2026-03-29T02:30', 'Europe/Berlin', /is skipped/],
  ['2026-10-25T02:30', 'Europe/Berlin', /happens twice/],
  ['2026-04-05T01:45', 'Australia/Lord_Howe', /happens twice/],
  ['2026-10-04T02:15', 'Australia/Lord_Howe', /is skipped/],
  ['2026-02-29T00:00', 'UTC', /There is no time/],
  ['2026-13-01T00:00', 'UTC', /There is no time/],
  ['2026-01-01T24:00', 'UTC', /There is no time/],
  ['1960-01-01T00:00', 'UTC', /There is no time/],
  ['2026-01-01T00:00', 'Europe/Pariss', /no time zone/],
])('%s in %s is refused', (text, zone, message) => {
  expect(read(text, zone)).toMatch(message);
});

test("every time that is read shows on the zone's clocks as it was written", () => {
  const zones = ['Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Apia'];
  const minute = fc.integer({
    min: Date.UTC(2000, 0, 1) / 60_000,
    max: Date.UTC(2040, 0, 1) / 60_000,
  });
  fc.assert(
    fc.property(minute, fc.constantFrom(...zones), (at, zone) => {
      const text = new Date(at * 60_000).toISOString().slice(0, 16);
      const result = readLocalTime(text, zone);
      if (!result.ok) return;
      const shown = new Date(result.at).toLocaleString('sv-SE', { timeZone: zone });
      expect(shown.slice(0, 16).replace(' ', 'T')).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('zones are those of the IANA database', () => {
  expect(['Europe/Paris', 'UTC'].every(isZone)).toBe(true);
  expect(['Europe/Atlantis', 'CETX', ''].some(isZone)).toBe(false);
});
