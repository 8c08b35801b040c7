import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz, snapshotOf } from '#testing/policy-fixtures.ts';
import { type AssetId, assetId, type NetworkId, parseNetworkId } from '#core/money.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { ACTIVITIES, type FactValue, LEVELS, type Quote, type Snapshot } from './snapshot.ts';
import { optional } from './optional.ts';
import type { AssetFact } from './world.ts';
import { readSnapshotText, snapshotText } from './snapshot-text.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const number = fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n });
const when = fc.integer({ min: 0, max: 40_000 * DAY_MS }).map(instant);
const exact = fc.record({ scaled: number, scale: fc.nat(36) });
const mapOf = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(text, value), { maxLength: 3 }).map((entries) => new Map(entries));
/** Any of the fields may be absent. */
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });

const fact = fc.oneof<fc.Arbitrary<FactValue>[]>(
  fc.record({ type: fc.constant('address' as const), address: text }),
  fc.record({ type: fc.constant('number' as const), number }),
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
);
const texts = fc.array(text, { maxLength: 3 });
const request = some({
  network: text as fc.Arbitrary<NetworkId>,
  wallet: fc.record({ id: text, tags: texts, address: text }, { requiredKeys: ['id'] }),
  initiator: fc.record(
    { id: text, email: text, roles: texts, groups: texts },
    { requiredKeys: ['id'] },
  ),
  asset: text as fc.Arbitrary<AssetId>,
  units: number,
  recipient: text,
  sender: text,
  call: some({ contract: text, function: text, value: number, args: mapOf(fact) }),
  message: some({ kind: text }),
  typedData: some({ primaryType: text, domainName: text, contract: text, fields: mapOf(fact) }),
  screening: some({
    alertLevel: fc.constantFrom(...LEVELS),
    riskScore: exact,
    directExposure: texts,
    categories: texts,
    travelRule: text,
    failure: fc.constant('unscreenable' as const),
  }),
  change: some({ kind: text, target: text, role: text }),
});
const quote: fc.Arbitrary<Quote> = fc.record({
  price: fc
    .tuple(text, exact)
    .map(([currency, { scaled, scale }]) => ({ currency, scaled, scale })),
  asOf: when,
  maxAgeMs: fc.nat(),
  source: text,
});
const partsOf = <T>(part: fc.Arbitrary<T>) => fc.array(part, { maxLength: 2 });
const tokenOf = ([symbol, decimals]: [string, number]): [AssetId, AssetFact] => {
  const network = parseNetworkId('ethereum');
  return [assetId(symbol, network), { network, decimals, family: 'evm' }];
};
const registry = fc.record({
  lists: mapOf(
    fc.record({
      version: fc.nat(),
      entries: partsOf(fc.record({ label: text, network: text, address: text })),
    }),
  ),
  groups: mapOf(
    fc.record({
      version: fc.nat(),
      members: partsOf(fc.record({ email: text, user: text }, { requiredKeys: ['email'] })),
    }),
  ),
  assets: fc
    .uniqueArray(fc.tuple(fc.constantFrom('EURT', 'XAU', 'GHO'), fc.nat(30)), {
      selector: ([symbol]) => symbol,
    })
    .map((assets) => new Map(assets.map(tokenOf))),
});
const facts = fc.record({
  now: when,
  activity: fc.constantFrom(...ACTIVITIES),
  request,
  prices: mapOf(fc.array(quote, { maxLength: 2 })) as fc.Arbitrary<Map<AssetId, Quote[]>>,
  aggregates: mapOf(fc.record({ total: number, seen: fc.boolean() }, { requiredKeys: ['total'] })),
  causes: mapOf(text),
});
const snapshot: fc.Arbitrary<Snapshot> = fc
  .tuple(facts, fc.option(registry, { nil: undefined }))
  .map(([known, read]) => ({ ...known, ...optional('registry', read) }));

test('a snapshot is read from its text as it was', () => {
  fc.assert(
    fc.property(snapshot, (written) => {
      expect(readSnapshotText(snapshotText(written))).toEqual(written);
    }),
    fuzz(300),
  );
});

test('the order in which facts were gathered does not show', () => {
  const causes = [['a', 'x'] as const, ['b', 'y'] as const];
  const forward = snapshotOf({}, { causes: new Map(causes) });
  const backward = snapshotOf({}, { causes: new Map(causes.toReversed()) });
  expect(snapshotText(forward)).toBe(snapshotText(backward));
});

const TEXT = snapshotText(snapshotOf());

test.each([
  ['no JSON', TEXT.slice(1)],
  ['a space', TEXT.replace(':', ': ')],
  ['a field that nobody knows', TEXT.replace('"activity"', '"a":1,"activity"')],
  ['another order', `{"now":"2026-08-01T12:00:00.000Z",${TEXT.slice(1)}`],
  ['an unknown activity', TEXT.replace('"transfer"', '"dance"')],
  ['a number that is none', TEXT.replace(/"units":"\d+"/, '"units":"many"')],
  ['a number with a zero in front', TEXT.replace(/"units":"/, '"units":"0')],
  ['a list', '[]'],
  ['nothing', 'null'],
])('%s is not the text of a snapshot', (_, changed) => {
  expect(changed).not.toBe(TEXT);
  expect(() => readSnapshotText(changed)).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }) as Error,
  );
});
