import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { parseAssetId, parseNetworkId, parsePrice } from '#core/money.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import { type Testimony, type ToldSpend, headsOf, mergeTestimonies, readPage } from './handover.ts';
import type { SignedStatement } from './assertion.ts';
import { PAYMENT } from './fixtures.ts';
import { transferIntent } from './intent.ts';
import { quorumOf } from './quorum.ts';
import { readSpend, spendText } from './spend-text.ts';

const NOW = instant(1_800_000_000_000);
const asset = parseAssetId('USDC@local-evm');

/** Intents with a signature that nobody has checked yet. */
function shownOf(externalId: string): SignedStatement {
  const expires = instant(NOW + 5 * MINUTE_MS);
  const created = instant(NOW - 5 * MINUTE_MS);
  const intent = transferIntent({ ...PAYMENT, asset, externalId, created, expires });
  const statement = canonicalText(intent);
  const empty = { authenticatorData: '', clientDataJSON: '' };
  return { statement, credentialId: 'passkey', ...empty, signature: 'by the initiator' };
}

const idOfShown = ({ statement }: SignedStatement): string => hex(sha256(utf8(statement)));
const SHOWN = shownOf('one');
const OTHER = shownOf('other');
const id = idOfShown(SHOWN);
const { organization } = PAYMENT;
const bounds = { created: NOW - 5 * MINUTE_MS, expires: NOW + 5 * MINUTE_MS };

/** A payment of so many units, counted at this time, at this price in dollars. */
function told(units: bigint, at: Instant = NOW, price = '1.00'): ToldSpend {
  const quote = { price: parsePrice(price, 'USD'), asOf: at, maxAgeMs: MINUTE_MS, source: 'own' };
  const request = { network: parseNetworkId('local-evm'), asset, units };
  const facts = { activity: 'transfer', request, quotes: [quote] } as const;
  const counted = spendText({ id, at, ...facts, transactions: [] });
  return { id, organization, key: 'key', ...bounds, counted, initiators: [SHOWN] };
}

type Tale = readonly ToldSpend[];
const testimoniesOf = (tales: readonly Tale[]) =>
  new Map(tales.map((spends, index): [number, Testimony] => [index + 1, { spends, heads: [] }]));
const merge = (threshold: number, ...tales: readonly Tale[]) =>
  mergeTestimonies(testimoniesOf(tales), threshold, { now: NOW, quotes: new Map() });

const only = (merged: readonly ToldSpend[]) => readSpend(merged[0]?.counted ?? '');
const dollars = (merged: readonly ToldSpend[]) => only(merged).quotes.map(({ price }) => price);

test('a spend of which fewer than t parties tell is a claim, with what shows it', () => {
  const { believed, claims } = merge(2, [], [told(5n)], []);
  expect(believed).toEqual([]);
  const tellers = [{ party: 2, sequence: 0 }];
  expect(claims).toMatchObject([{ id, organization, ...bounds, initiators: [SHOWN], tellers }]);
});

test('one that nobody shows is no claim: no honest party tells of it', () => {
  const nothing = { ...told(5n), initiators: [] };
  expect(merge(2, [nothing], [], [])).toEqual({ believed: [], claims: [] });
  const noIntent = { ...SHOWN, statement: '{}' };
  const lie = { ...told(5n), id: idOfShown(noIntent), initiators: [noIntent] };
  expect(merge(2, [lie], [], []).claims).toEqual([]);
});

test('of a claim the intent says whose it is and how long it lives, and not who tells it', () => {
  const lie = { ...told(5n), organization: 'another', created: 0, expires: 0 };
  const { claims } = merge(2, [lie], [told(5n)], []);
  expect(claims).toMatchObject([{ organization, ...bounds }]);
  expect(only(claims).at).toBe(NOW);
});

test('no spend is told to be counted after its intent has ended', () => {
  const expires = NOW - MINUTE_MS;
  const late = { ...told(5n), expires };
  expect(only(merge(2, [late], [late]).believed).at).toBe(expires);
});

test('of times the latest counts, and none to come', () => {
  const early = told(5n, instant(NOW - MINUTE_MS));
  const late = told(5n, instant(NOW + MINUTE_MS));
  expect(only(merge(2, [early], [told(5n)], [late]).believed).at).toBe(NOW);
});

test('a price counts that this node knows, or a higher one that t parties tell', () => {
  const own = (price: string) => {
    const quote = { price: parsePrice(price, 'USD'), asOf: NOW, maxAgeMs: MINUTE_MS, source: 'me' };
    return { now: NOW, quotes: new Map([[asset, [quote]]]) };
  };
  const at = (...prices: readonly string[]) =>
    testimoniesOf(prices.map((price) => [told(5n, NOW, price)]));
  const price = (tales: ReturnType<typeof at>, mine: string) =>
    dollars(mergeTestimonies(tales, 2, own(mine)).believed);
  expect(price(at('900.00', '2.00', '1.00'), '1.00')).toEqual([parsePrice('2.00', 'USD')]);
  expect(price(at('900.00', '0.01'), '1.50')).toEqual([parsePrice('1.50', 'USD')]);
  const { claims } = mergeTestimonies(at('900.00'), 2, own('1.00'));
  expect(dollars(claims)).toEqual([parsePrice('1.00', 'USD')]);
  // A node that knows no price takes the highest: a limit gets tighter.
  expect(dollars(merge(2, [told(5n, NOW, '3.00')], [told(5n)]).believed)).toEqual([
    parsePrice('3.00', 'USD'),
  ]);
});

test('who says less than so many as one of whom is honest is not believed', () => {
  const { believed, claims } = merge(2, [told(1n)], [told(5n)], [told(5n)]);
  expect(only(believed).request.units).toBe(5n);
  expect(claims).toEqual([]);
});

test('parties that contradict each other one by one make one claim, and nobody waits', () => {
  const { believed, claims } = merge(2, [told(1n)], [told(5n)], []);
  expect([believed.length, claims.length]).toEqual([0, 1]);
});

test('who tells of a spend many times is one teller of it', () => {
  const lies = [told(1n), told(1n), told(2n)];
  expect(only(merge(2, lies, [told(5n)], [told(5n)]).believed).request.units).toBe(5n);
  expect(merge(2, lies, [], []).believed).toEqual([]);
});

test('what a liar shows takes the place of nothing that others show', () => {
  const forged = { ...SHOWN, signature: 'by a liar' };
  const lie = { ...told(5n), initiators: [forged] };
  const { believed } = merge(2, [lie], [told(5n)]);
  expect(believed[0]?.initiators).toEqual([forged, SHOWN]);
});

/** Of another payment, about which nothing is counted. */
const otherOf = (key = 'key'): ToldSpend => ({
  id: idOfShown(OTHER),
  organization,
  key,
  ...bounds,
  initiators: [OTHER],
});

/** Parties 1..n, of which up to t-1 say what they like; a quorum has one spend of five units in writing. */
const committees = fc.integer({ min: 3, max: 7 }).chain((members) =>
  fc.integer({ min: 2, max: members }).chain((threshold) => {
    const quorum = quorumOf({ threshold, members });
    const parties = Array.from({ length: members }, (_, index) => index);
    const lie = fc.array(
      fc.constantFrom(told(1n), told(2n), told(5n), otherOf(), { ...told(5n), initiators: [] }),
      { maxLength: 4 },
    );
    return fc.record({
      threshold: fc.constant(threshold),
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
    const { threshold, writers, liars, silent, lies, alone } = drawn;
    const tales = lies.map((lie, party): Tale => {
      if (liars.includes(party)) return lie;
      return [
        ...(writers.includes(party) ? [told(5n)] : []),
        ...(party === alone ? [otherOf()] : []),
      ];
    });
    const testimonies = testimoniesOf(tales);
    for (const party of silent) testimonies.delete(party + 1);
    const listener = { now: NOW, quotes: new Map() };
    const { believed, claims } = mergeTestimonies(testimonies, threshold, listener);
    const found = believed.filter((one) => one.id === id);
    for (const one of found) expect(only([one]).request.units).toBe(5n);
    // What it is, its own intent says then.
    const shown = claims.filter((one) => one.id === id && one.initiators.includes(SHOWN));
    expect(found.length + shown.length).toBe(1);
    // What one honest party alone has in writing is not lost either.
    const isTold = !liars.includes(alone) && !silent.includes(alone);
    const others = [...believed, ...claims].filter((one) => one.id === idOfShown(OTHER));
    if (isTold) expect(others).toHaveLength(1);
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

/** As it stands within a text within a text. */
const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);

test.each([
  ['"scale":2', '"scale":-1'],
  ['"scale":2', '"scale":1000000000'],
  ['"scaled":"100"', '"scaled":"-100"'],
])('no party tells a price that nobody can reckon with: %s as %s', (sound, lie) => {
  const { counted = '', ...fields } = told(5n);
  const forged = counted.replace(quoted(sound), quoted(lie));
  expect(forged).not.toBe(counted);
  expect(readPage({ total: 1, spends: [{ ...fields, counted }], heads: [] })).toBeDefined();
  expect(readPage({ total: 1, spends: [{ ...fields, counted: forged }], heads: [] })).toBe(
    undefined,
  );
});

test('of what a party tells nothing is kept that was not asked for', () => {
  const shown = { ...SHOWN, more: 'than was asked for' };
  const forged = {
    ...told(5n),
    initiators: [shown, OTHER, 'x', null],
    kind: 'committee',
    record: '',
  };
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
  ['nothing that could show it', { ...told(5n), initiators: undefined }],
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
