/** Windows over a history against the model that looks at everything, with clocks that jump. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AssetId, type NetworkId, parsePrice } from '#core/money.ts';
import { DAY_MS, HOUR_MS, type Instant, parseInstant } from '#core/time.ts';
import { type AddressKey, addressKey } from '#policy-lang/values/address.ts';
import type { Condition } from '#policy-lang/checking/condition.ts';
import { knownAssets } from '#policy-lang/deciding/facts.ts';
import type { AggregateNeed, AggregateWindow } from '#policy-lang/compiled-policy.ts';
import type { Activity, RequestFacts } from '#policy-lang/snapshot.ts';
import { VENDOR } from '#testing/policy-fixtures.ts';
import { HistoryWindows, type PastRequest } from '#policy-lang/history/windows.ts';
import { factByLooking } from './history-model.ts';
import { propertySoak } from './soak.ts';

const ASSETS = new Map([
  [
    'USDC@ethereum' as AssetId,
    { decimals: 6, network: 'ethereum' as NetworkId, family: 'evm' as const },
  ],
  [
    'DAI@polygon' as AssetId,
    { decimals: 18, network: 'polygon' as NetworkId, family: 'evm' as const },
  ],
]);
const DECIMALS = new Map([...ASSETS].map(([asset, { decimals }]) => [asset, decimals]));

/** Days on which clocks change or the calendar is odd, and the zones in which they do. */
const MOMENTS = [
  '2026-03-28T12:00:00Z',
  '2026-10-24T12:00:00Z',
  '2026-03-07T18:00:00Z',
  '2026-10-31T18:00:00Z',
  '2026-04-04T06:00:00Z',
  '2026-10-03T06:00:00Z',
  '2028-02-28T12:00:00Z',
  '2028-12-31T12:00:00Z',
];
const ZONES = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'UTC'];

const window: fc.Arbitrary<AggregateWindow> = fc.oneof(
  fc.record({
    kind: fc.constant('last' as const),
    ms: fc.constantFrom(1, 1_000, HOUR_MS, DAY_MS, 7 * DAY_MS),
  }),
  fc.record({
    kind: fc.constant('calendar' as const),
    unit: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
    zone: fc.constantFrom(...ZONES),
  }),
);

/** The only condition of a `where` here; the model reads it by its own. */
const TO_VENDOR: Condition = {
  kind: 'recipient-in',
  set: { kind: 'listed', addresses: new Set([addressKey(VENDOR) as AddressKey]) },
};

const FIELDS = ['wallet', 'initiator', 'asset', 'recipient', 'network'] as const;
const measured = fc.oneof(
  fc.record({
    function: fc.constantFrom('sum' as const, 'max' as const),
    of: fc.constant('value' as const),
    distinct: fc.constant(false),
    currency: fc.constant('USD'),
  }),
  fc.record({
    function: fc.constantFrom('sum' as const, 'max' as const),
    of: fc.constant('amount' as const),
    distinct: fc.constant(false),
    asset: fc.constantFrom(...ASSETS.keys()),
  }),
  fc.record({
    function: fc.constant('count' as const),
    of: fc.constant('requests' as const),
    distinct: fc.constant(false),
  }),
  fc.record({
    function: fc.constant('count' as const),
    of: fc.constantFrom(...FIELDS),
    distinct: fc.constant(true),
  }),
);
/** Mostly transfers. */
const COUNTED: readonly Activity[] = ['contract-call', 'allowance'];

const need: fc.Arbitrary<AggregateNeed> = fc
  .tuple(measured, window, fc.subarray([...FIELDS], { maxLength: 2 }), fc.nat(9), fc.boolean())
  .map(([measure, over, by, odd, isFiltered]) => ({
    ...measure,
    ...(isFiltered && { where: TO_VENDOR }),
    key: 'the total',
    activity: COUNTED[odd] ?? 'transfer',
    window: over,
    by,
    includesThis: true,
  }));

/** Nearly always there, so that most histories have totals. */
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 40 });

const request: fc.Arbitrary<RequestFacts> = fc
  .record({
    wallet: mostly(fc.constantFrom('wa-1', 'wa-2')),
    initiator: mostly(fc.constantFrom('alice', 'bob')),
    asset: mostly(fc.constantFrom(...ASSETS.keys())),
    units: mostly(fc.oneof(fc.bigInt(0n, 10_000_000n), fc.constant(2n ** 256n - 1n))),
    recipient: mostly(
      fc.constantFrom(VENDOR, VENDOR.toLowerCase(), '0x0000000000000000000000000000000000000001'),
    ),
  })
  .map(({ wallet, initiator, asset, units, recipient }) => ({
    ...(wallet !== undefined && { wallet: { id: wallet } }),
    ...(initiator !== undefined && { initiator: { id: initiator } }),
    ...(asset !== undefined && { asset }),
    ...(units !== undefined && { units }),
    ...(recipient !== undefined && { recipient }),
  }));

/** Time passes, or a clock is set back. */
const passing = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 999, 1_000), weight: 3 },
  { arbitrary: fc.integer({ min: 0, max: HOUR_MS }), weight: 6 },
  { arbitrary: fc.integer({ min: 0, max: 26 * HOUR_MS }), weight: 3 },
  { arbitrary: fc.integer({ min: -5 * HOUR_MS, max: 0 }), weight: 4 },
);

const step = fc.record({
  passing,
  /** Nobody has to ask before a request is recorded. */
  asks: fc.boolean(),
  /** One of the requests before it is taken back. */
  takesBack: fc.option(fc.nat(), { nil: undefined, freq: 3 }),
  request,
  price: mostly(fc.constantFrom('1', '0', '0.999999999999999999', '2500.005')),
  priceAgeMs: fc.constantFrom(0, 0, 0, 60_000, 60_001, -5_000, -5_001),
  state: fc.constantFrom('done' as const, 'done' as const, 'done' as const, 'reserved' as const),
  activity: fc.constantFrom<Activity>(
    'transfer',
    'transfer',
    'allowance',
    'unlimited-allowance',
    'contract-call',
  ),
});

const history = fc.record({
  need,
  begins: fc.constantFrom(...MOMENTS),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
});

export const windowsSoak = propertySoak(
  {
    id: 'windows',
    claim: 'totals over a history are those of looking at every earlier request',
    runs: { short: 1_000, full: 100_000 },
  },
  history,
  ({ need: asked, begins, steps }) => {
    const windows = new HistoryWindows([asked], {
      assets: knownAssets(ASSETS),
      lists: new Map(),
      contracts: new Map(),
      groups: new Map(),
    });
    const past: PastRequest[] = [];
    let now: number = parseInstant(begins);
    for (const next of steps) {
      now += next.passing;
      if (next.asks) {
        const found = windows.facts(next.request, now as Instant).get(asked.key);
        const sought = { request: next.request, now, decimals: DECIMALS, vendor: VENDOR };
        assert.deepEqual(found, factByLooking(asked, past, sought));
      }
      const made = pastRequest(next, now as Instant);
      windows.record(made);
      past.push(made);
      const back = past[(next.takesBack ?? past.length) % (past.length + 1)];
      if (back !== undefined && isDone(back)) {
        windows.forget(back);
        past.splice(past.indexOf(back), 1);
      }
    }
  },
);

const isDone = (past: PastRequest): past is PastRequest & { readonly state: 'done' } =>
  past.state === 'done';

function pastRequest(
  made: typeof step extends fc.Arbitrary<infer T> ? T : never,
  at: Instant,
): PastRequest {
  const { request: facts, price, priceAgeMs, state, activity } = made;
  const asOf = (at - priceAgeMs) as Instant;
  const quotes =
    price === undefined
      ? []
      : [{ price: parsePrice(price, 'USD'), asOf, maxAgeMs: 60_000, source: 'model' }];
  const prices = new Map(facts.asset === undefined ? [] : [[facts.asset, quotes]]);
  return { at, activity, request: facts, prices, state };
}
