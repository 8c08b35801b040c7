import { expect, test } from 'vitest';
import { DAY_MS } from '#core/time.ts';
import { WORLD } from '#testing/policy-fixtures.ts';
import { foundEverywhere } from '#testing/policy-everywhere.ts';

const found = (window: string, historyMs?: number) =>
  foundEverywhere(
    'NO_HISTORY',
    `rule r { when sum(value) over ${window} by wallet > 1 USD then block "x" }`,
    { ...WORLD, ...(historyMs !== undefined && { historyMs }) },
  );

test.each([
  ['last 30d', 30],
  ['calendar month', 32],
  ['calendar day', 2],
  ['last 3650d', undefined],
])('%s with %s days of history is known', (window, days) => {
  expect(found(window, days === undefined ? undefined : days * DAY_MS)).toEqual([]);
});

test.each([
  ['last 31d', 30, '30 days'],
  ['calendar month', 30, '30 days'],
  ['last 25h', 1, '24 hours'],
])('%s with %s days of history is not', (window, days, words) => {
  expect(found(window, days * DAY_MS)).toEqual([
    `The window is longer than the history that is kept: ${words}.`,
  ]);
});
