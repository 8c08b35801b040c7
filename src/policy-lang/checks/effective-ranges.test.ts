import { expect, test } from 'vitest';
import { parseInstant } from '#core/time.ts';
import { HEADER, WORLD, compile } from '#testing/policy-fixtures.ts';
import type { PublishedVersion } from '#policy-lang/world.ts';

const version = (from: string, until?: string): PublishedVersion => ({
  version: 7,
  effective: {
    from: parseInstant(`${from}T00:00:00Z`),
    ...(until !== undefined && { until: parseInstant(`${until}T00:00:00Z`) }),
  },
});
const found = (other: PublishedVersion, until = '') =>
  compile(HEADER.replace('00:00 UTC', `00:00 UTC ${until}`), { ...WORLD, versions: [other] })
    .diagnostics.filter(({ code }) => code === 'BAD_TIME')
    .map(({ message }) => message);

test.each([
  [version('2026-01-01'), ''],
  [version('2026-01-01', '2026-07-01'), ''],
  [version('2027-01-01'), 'until 2027-01-01T00:00 UTC'],
  [version('2027-01-01', '2028-01-01'), 'until 2026-12-01T00:00 UTC'],
])('%j leaves room', (other, until) => {
  expect(found(other, until)).toEqual([]);
});

test.each([
  [version('2026-01-01', '2026-07-02'), ''],
  [version('2026-07-01'), ''],
  [version('2026-12-01', '2027-01-01'), ''],
  [version('2026-12-01'), 'until 2027-01-01T00:00 UTC'],
])('%j is in the way', (other, until) => {
  expect(found(other, until)).toEqual(['Version 7 is in force during a part of that time.']);
});
