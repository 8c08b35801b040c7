import { expect, test } from 'vitest';
import { parseAssetId, parseNetworkId, parsePrice } from '#core/money.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import { type Testimony, type ToldSpend, headsOf, mergeTestimonies, readPage } from './handover.ts';
import { readSpend, spendText } from './spend-text.ts';

const NOW = instant(1_800_000_000_000);
const id = 'ab'.repeat(32);
const asset = parseAssetId('USDC@local-evm');

/** A payment of so many units, counted at this time, at this price in dollars. */
function told(units: bigint, at: Instant = NOW, price = '1.00'): ToldSpend {
  const quote = { price: parsePrice(price, 'USD'), asOf: at, maxAgeMs: MINUTE_MS, source: 'own' };
  const request = { network: parseNetworkId('local-evm'), asset, units };
  const counted = spendText({ id, at, request, quotes: [quote], transactions: [] });
  return { id, organization: 'org', key: 'key', created: 1, expires: 2, counted };
}

const merge = (threshold: number, ...spends: readonly (readonly ToldSpend[])[]) => {
  const all = spends.map((one, index): [number, Testimony] => [
    index + 1,
    { spends: one, heads: [] },
  ]);
  return mergeTestimonies(new Map(all), threshold, NOW);
};

const only = (merged: readonly ToldSpend[]) => readSpend(merged[0]?.counted ?? '');

test('a spend of which one party alone tells counts', () => {
  expect(only(merge(2, [], [told(5n)], [])).request.units).toBe(5n);
});

test('of times and prices the latest and the highest count, and no time to come', () => {
  const early = told(5n, instant(NOW - MINUTE_MS), '2.00');
  const merged = only(merge(2, [early], [told(5n)], [told(5n, instant(NOW + MINUTE_MS), '0.1')]));
  expect(merged.at).toBe(NOW);
  expect(merged.quotes.map(({ price }) => price)).toEqual([parsePrice('2.00', 'USD')]);
});

test('who says less than so many as one of whom is honest is not believed', () => {
  expect(only(merge(2, [told(1n)], [told(5n)], [told(5n)])).request.units).toBe(5n);
});

test('parties that contradict each other one by one are not believed, and the handover waits', () => {
  expect(() => merge(2, [told(1n)], [told(5n)], [])).toThrow(/HANDOVER_DIFFERS/);
});

test('a log must go as far as so many say as one of whom is honest', () => {
  const heads = [9, 4, 3].map((sequence, index): [number, Testimony] => [
    index,
    { spends: [], heads: [{ organization: 'org', sequence }] },
  ]);
  expect(headsOf(new Map(heads), 2)).toEqual([{ organization: 'org', sequence: 4 }]);
  expect(headsOf(new Map(heads.slice(0, 1)), 2)).toEqual([]);
});

const page = (spend: unknown, head: unknown = { organization: 'org', sequence: 1 }) =>
  readPage({ total: 1, spends: [spend], heads: [head] });

test('of what a party tells nothing is kept that was not asked for', () => {
  const forged = { ...told(5n), kind: 'committee', record: 'of a liar' };
  expect(page(forged)).toEqual({
    total: 1,
    spends: [told(5n)],
    heads: [{ organization: 'org', sequence: 1 }],
  });
});

test.each<[string, unknown, unknown?]>([
  ['no spend', null],
  ['an id that is no hash', { ...told(5n), id: 'x' }],
  ['the text of another spend', { ...told(5n), id: 'cd'.repeat(32) }],
  ['a text that is none', { ...told(5n), counted: 'x' }],
  ['no organisation', { ...told(5n), organization: 1 }],
  ['no key', { ...told(5n), key: null }],
  ['a time that is none', { ...told(5n), created: -1 }],
  ['an end that is none', { ...told(5n), expires: 'x' }],
  ['no head', told(5n), null],
  ['a head without a number', told(5n), { organization: 'org', sequence: 'x' }],
])('a page with %s is none', (_, spend, head = { organization: 'org', sequence: 1 }) => {
  expect(page(spend, head)).toBeUndefined();
});
