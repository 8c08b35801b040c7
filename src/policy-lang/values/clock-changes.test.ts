import { expect, test } from 'vitest';
import { clockChanges } from './clock-changes.ts';

const shown = (zone: string) =>
  clockChanges(zone).map(
    ({ kind, date, weekday, from, until }) => `${date} (${weekday}) ${from}..${until} ${kind}`,
  );

test('the changes of two past years, each with the times that are skipped or come twice', () => {
  expect(shown('Europe/Paris')).toEqual([
    '2024-03-31 (7) 120..180 skipped',
    '2024-10-27 (7) 120..180 twice',
    '2025-03-30 (7) 120..180 skipped',
    '2025-10-26 (7) 120..180 twice',
  ]);
  expect(shown('Australia/Lord_Howe').slice(0, 2)).toEqual([
    '2024-04-07 (7) 90..120 twice',
    '2024-10-06 (7) 120..150 skipped',
  ]);
  expect(shown('America/New_York').slice(0, 1)).toEqual(['2024-03-10 (7) 120..180 skipped']);
});

test.each(['UTC', 'Asia/Tokyo', 'Asia/Kolkata'])('the clocks of %s never change', (zone) => {
  expect(shown(zone)).toEqual([]);
});
