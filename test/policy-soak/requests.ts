/** Random requests in random states of the world; every fact may be missing. */
import fc from 'fast-check';
import { type AssetId, type NetworkId, networkOf, parsePrice } from '#core/money.ts';
import { DAY_MS, type Instant, parseInstant } from '#core/time.ts';
import { CHANGE_KINDS } from '#policy-lang/change-kinds.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import {
  ACTIVITIES,
  type Activity,
  type AggregateFact,
  type FactValue,
  isCountedAs,
  LEVELS,
  type Quote,
  type RequestFacts,
  SCREENING_FAILURES,
  type Snapshot,
} from '#policy-lang/snapshot.ts';
import { ADDRESSES, ASSETS, BANNED, LEGACY, POOL, SEGWIT, STRANGER, VENDOR } from './world.ts';

/** A request, and totals that are dealt out to whatever a policy needs. */
export type Given = {
  readonly snapshot: Omit<Snapshot, 'aggregates'>;
  readonly totals: readonly (AggregateFact | undefined)[];
};

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 9 });

/** An object without the keys that are undefined: absent and undefined mean the same here. */
const facts = <T extends object>(model: {
  readonly [K in keyof T]-?: fc.Arbitrary<T[K]>;
}): fc.Arbitrary<T> =>
  fc
    .record(model as Record<string, fc.Arbitrary<unknown>>)
    .map(
      (all) =>
        Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T,
    );

const tags = fc.subarray(['payments', 'cold']);
const categories = fc.subarray(['sanctions', 'darknet']);
const units = fc.oneof(
  fc.constantFrom(0n, 1n, 10n, 49_999_999n, 50_000_000n, 10n ** 10n - 1n, 10n ** 10n),
  fc.constantFrom(10n ** 18n, 25n * 10n ** 17n, 2n ** 256n - 1n),
  fc.bigInt(0n, 10n ** 24n),
);
const address = fc.oneof(
  fc.constantFrom(...ADDRESSES),
  fc.constantFrom(VENDOR.toLowerCase(), POOL.toLowerCase(), SEGWIT.toUpperCase(), `${LEGACY}1`),
);
const number = (numbers: readonly bigint[]): fc.Arbitrary<FactValue> =>
  fc.constantFrom(...numbers).map((value) => ({ type: 'number' as const, number: value }));
const evmAddress = fc
  .constantFrom(VENDOR, BANNED, STRANGER, POOL)
  .map((text) => ({ type: 'address' as const, address: text }));
const text = (...texts: readonly string[]): fc.Arbitrary<FactValue> =>
  fc.constantFrom(...texts).map((value) => ({ type: 'text' as const, text: value }));
const wrong: fc.Arbitrary<FactValue> = fc.constant({ type: 'boolean', value: true });

/** Named facts, each there or not, and now and then of another type than it should be. */
const named = (
  all: Readonly<Record<string, fc.Arbitrary<FactValue>>>,
): fc.Arbitrary<ReadonlyMap<string, FactValue>> =>
  fc
    .record(
      Object.fromEntries(
        Object.entries(all).map(([name, value]) => [
          name,
          maybe(fc.oneof({ arbitrary: value, weight: 12 }, { arbitrary: wrong, weight: 1 })),
        ]),
      ),
    )
    .map(
      (values) =>
        new Map(
          Object.entries(values).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, value] as const],
          ),
        ),
    );

const NOW = parseInstant('2026-11-02T08:00:00Z');
/** Within and outside of the policy's time, on all days of the week, and at the edges of windows. */
const now = fc.oneof(
  { arbitrary: fc.constant<number>(NOW), weight: 3 },
  {
    arbitrary: fc.integer({ min: 0, max: 21 * 48 }).map((half) => NOW + half * (DAY_MS / 48)),
    weight: 6,
  },
  {
    arbitrary: fc.constantFrom(
      ...['2026-07-01T00:00:00Z', '2026-06-30T23:59:59.999Z', '2027-01-01T00:00:00Z'].map((at) =>
        Number(parseInstant(at)),
      ),
    ),
    weight: 1,
  },
);

const seconds = [NOW / 1_000 + 3_600, NOW / 1_000, 0, 4_102_444_800].map((at) => BigInt(at));

const request: fc.Arbitrary<RequestFacts> = facts<RequestFacts>({
  network: maybe(fc.constantFrom('ethereum' as NetworkId, 'polygon' as NetworkId)),
  wallet: maybe(
    facts({
      id: fc.constantFrom('wa-1', 'wa-2', 'wa-3'),
      tags: maybe(tags),
      address: maybe(address),
    }),
  ),
  initiator: maybe(
    facts({
      id: fc.constantFrom('alice', 'bob', 'carol'),
      email: maybe(fc.constantFrom('alice@acme.example', 'bob@acme.example')),
      roles: maybe(fc.subarray(['treasurer', 'operator'])),
      groups: fc.option(fc.subarray(['managers', 'directors']), { nil: undefined, freq: 1 }),
    }),
  ),
  asset: maybe(fc.constantFrom(...ASSETS, 'GHOST@ethereum' as AssetId)),
  units: maybe(
    fc.oneof({ arbitrary: units, weight: 30 }, { arbitrary: fc.constant(-1n), weight: 1 }),
  ),
  recipient: maybe(
    fc.oneof({ arbitrary: address, weight: 20 }, { arbitrary: fc.constant('0x12'), weight: 1 }),
  ),
  sender: maybe(address),
  call: maybe(
    facts({
      contract: maybe(address),
      function: maybe(fc.constantFrom('supply', 'withdraw', 'other')),
      value: maybe(units),
      args: maybe(
        named({
          amount: number([0n, 5_000_000n, 500_000_000_000n, 2n ** 255n, -1n]),
          onBehalfOf: evmAddress,
          note: text('gift', 'rent', ''),
          final: fc.boolean().map((value) => ({ type: 'boolean' as const, value })),
        }),
      ),
    }),
  ),
  message: maybe(facts({ kind: maybe(fc.constantFrom('raw', 'personal', 'typed-data')) })),
  typedData: maybe(
    facts({
      primaryType: maybe(fc.constantFrom('Permit', 'Order')),
      domainName: maybe(fc.constantFrom('USD Coin', 'Other')),
      contract: maybe(address),
      fields: maybe(
        named({ value: number([6n, 7n, 10n ** 10n, 10n ** 10n + 1n]), deadline: number(seconds) }),
      ),
    }),
  ),
  screening: maybe(
    facts({
      alertLevel: maybe(fc.constantFrom(...LEVELS)),
      riskScore: maybe(
        fc.constantFrom(
          { scaled: 70n, scale: 0 },
          { scaled: 995n, scale: 1 },
          { scaled: 0n, scale: 2 },
        ),
      ),
      directExposure: maybe(categories),
      categories: maybe(categories),
      addressCategories: maybe(categories),
      travelRule: maybe(fc.constantFrom('accepted', 'rejected')),
      failure: fc.option(fc.constantFrom(...SCREENING_FAILURES), { nil: undefined, freq: 3 }),
    }),
  ),
  change: maybe(
    facts({
      kind: maybe(fc.constantFrom(...CHANGE_KINDS)),
      target: maybe(fc.constantFrom('x', 'y')),
      role: maybe(fc.constantFrom('admin', 'viewer')),
    }),
  ),
});

const quote = (currency: string): fc.Arbitrary<Omit<Quote, 'asOf'> & { readonly ageMs: number }> =>
  fc.record({
    price: fc
      .constantFrom('1', '0', '2500.5', '0.000000000000000001', '999999999999.999999999999999999')
      .map((price) => parsePrice(price, currency)),
    ageMs: fc.constantFrom(0, 0, 0, 0, 60_000, 60_001, -5_000, -5_001),
    maxAgeMs: fc.constant(60_000),
    source: fc.constant('random'),
  });

const total: fc.Arbitrary<AggregateFact> = facts<AggregateFact>({
  total: fc.oneof(
    {
      arbitrary: fc.constantFrom(0n, 1n, 4n, 5n, 20n, 9_999_99n, 10_000_00n, 250_000_00n),
      weight: 12,
    },
    { arbitrary: fc.constantFrom(2n ** 256n - 1n, -1n), weight: 1 },
  ),
  seen: maybe(fc.boolean()),
});

/**
 * A request as the platform makes it: what moves is the amount of a transfer or the value of a call,
 * never both, and an asset is on the network that the request names.
 */
function coherent(activity: Activity, all: RequestFacts): RequestFacts {
  const { units: amount, call, network, ...rest } = all;
  const own = rest.asset === undefined ? network : networkOf(rest.asset);
  return {
    ...rest,
    ...(network !== undefined && own !== undefined && { network: own }),
    ...(activity === 'contract-call' && call && { call }),
    ...(activity !== 'contract-call' && amount !== undefined && { units: amount }),
  };
}

export const given: fc.Arbitrary<Given> = fc
  .record({
    at: now,
    activity: fc.oneof(
      { arbitrary: fc.constant('transfer' as const), weight: 3 },
      { arbitrary: fc.constantFrom(...ACTIVITIES), weight: 5 },
    ),
    request,
    quotes: fc.tuple(maybe(quote('USD')), maybe(quote('EUR'))),
    totals: fc.array(maybe(total), { minLength: 1, maxLength: 6 }),
    isMessage: fc.boolean(),
  })
  .map(({ at, activity, request: all, quotes, totals, isMessage }) => {
    const own = coherent(activity, all);
    const dated = quotes.flatMap((one): Quote[] =>
      one === undefined ? [] : [{ ...one, asOf: (at - one.ageMs) as Instant }],
    );
    const prices = new Map(own.asset === undefined ? [] : [[own.asset, dated]]);
    // A permit is an allowance and a message.
    const isBoth = isMessage && isCountedAs('allowance', activity);
    const also = isBoth ? ({ also: 'sign-message' } as const) : {};
    return { snapshot: { now: at as Instant, activity, ...also, request: own, prices }, totals };
  });

/** The request for a policy: the totals that it needs, dealt out in the order of their keys. */
export function snapshotFor(
  needs: readonly AggregateNeed[],
  { snapshot, totals }: Given,
): Snapshot {
  const dealt = needs.flatMap(({ key }, place) => {
    const fact = totals[place % totals.length];
    return fact === undefined ? [] : [[key, fact] as const];
  });
  return { ...snapshot, aggregates: new Map(dealt) };
}
