import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlatformError } from '#core/errors.ts';
import { parseAssetId, parseNetworkId, parsePrice } from '#core/money.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import {
  type Testimony,
  type ToldSpend,
  agreeingOf,
  headsOf,
  mergeTestimonies,
  readPage,
} from './handover.ts';
import { quorumOf } from './quorum.ts';
import { readSpend, spendText } from './spend-text.ts';

const NOW = instant(1_800_000_000_000);
const id = 'ab'.repeat(32);
const asset = parseAssetId('USDC@local-evm');

/** A payment of so many units, counted at this time, at this price in dollars. */
function told(units: bigint, at: Instant = NOW, price = '1.00'): ToldSpend {
  const quote = { price: parsePrice(price, 'USD'), asOf: at, maxAgeMs: MINUTE_MS, source: 'own' };
  const request = { network: parseNetworkId('local-evm'), asset, units };
  const facts = { activity: 'transfer', request, quotes: [quote] } as const;
  const counted = spendText({ id, at, ...facts, transactions: [] });
  return { id, organization: 'org', key: 'key', created: 1, expires: 2, counted };
}

type Tale = readonly ToldSpend[];
const testimoniesOf = (tales: readonly Tale[]) =>
  new Map(tales.map((spends, index): [number, Testimony] => [index + 1, { spends, heads: [] }]));
const merge = (threshold: number, ...tales: readonly Tale[]) =>
  mergeTestimonies(testimoniesOf(tales), threshold, NOW);

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

test('who tells of a spend many times is one teller of it', () => {
  const lies = [told(1n), told(1n), told(2n)];
  expect(only(merge(2, lies, [told(5n)], [told(5n)])).request.units).toBe(5n);
  expect(() => merge(2, lies, [told(5n)], [])).toThrow(/HANDOVER_DIFFERS/);
});

/** Of another payment, about which nothing is counted. */
const otherOf = (key = 'key'): ToldSpend => ({
  id: 'cd'.repeat(32),
  organization: 'org',
  key,
  created: 1,
  expires: 2,
});

test('whoever contradicts the others one by one is left out, where a quorum of them agrees', () => {
  const lies = [told(1n), otherOf('another')];
  const tales = testimoniesOf([lies, [told(5n)], [otherOf()], [], []]);
  const agreeing = agreeingOf(tales, { threshold: 2, quorum: 4 });
  expect([...agreeing.keys()]).toEqual([2, 3, 4, 5]);
  expect(() => agreeingOf(tales, { threshold: 2, quorum: 5 })).toThrow(/HANDOVER_DIFFERS/);
});

test('nobody is left out where t say the same, or nobody contradicts', () => {
  const tales = testimoniesOf([[told(1n)], [told(5n)], [told(5n)]]);
  expect([...agreeingOf(tales, { threshold: 2, quorum: 2 }).keys()]).toEqual([1, 2, 3]);
});

/** Parties 1..n, of which up to t-1 say what they like; a quorum has one spend of five units in writing. */
const committees = fc.integer({ min: 3, max: 7 }).chain((members) =>
  fc.integer({ min: 2, max: members }).chain((threshold) => {
    const quorum = quorumOf({ threshold, members });
    const parties = Array.from({ length: members }, (_, index) => index);
    const lie = fc.array(fc.constantFrom(told(1n), told(2n), told(5n), otherOf()), {
      maxLength: 4,
    });
    return fc.record({
      threshold: fc.constant(threshold),
      quorum: fc.constant(quorum),
      writers: fc.shuffledSubarray(parties, { minLength: quorum, maxLength: quorum }),
      liars: fc.shuffledSubarray(parties, { maxLength: threshold - 1 }),
      silent: fc.shuffledSubarray(parties, { maxLength: members - quorum }),
      lies: fc.array(lie, { minLength: members, maxLength: members }),
      // What few know: one of the honest alone.
      alone: fc.constantFrom(...parties),
    });
  }),
);

test('no lies of t-1 parties lose a spend that was signed, or change what it is', () => {
  const claim = fc.property(committees, (drawn) => {
    const { threshold, quorum, writers, liars, silent, lies, alone } = drawn;
    const tales = lies.map((lie, party): Tale => {
      if (liars.includes(party)) return lie;
      return [
        ...(writers.includes(party) ? [told(5n)] : []),
        ...(party === alone ? [otherOf()] : []),
      ];
    });
    const testimonies = testimoniesOf(tales);
    for (const party of silent) testimonies.delete(party + 1);
    const shape = { threshold, quorum };
    if (silent.length + liars.length > lies.length - quorum) {
      try {
        agreeingOf(testimonies, shape);
      } catch (error) {
        if (!isPlatformError(error, 'SIGNERS_UNAVAILABLE')) throw error;
        // Too few are left who agree: it waits.
        return;
      }
    }
    const agreeing = agreeingOf(testimonies, shape);
    expect(agreeing.size).toBeGreaterThanOrEqual(quorum);
    const found = mergeTestimonies(agreeing, threshold, NOW).filter((one) => one.id === id);
    expect(only(found).request.units).toBe(5n);
  });
  fc.assert(claim);
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
