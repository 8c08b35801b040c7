/**
 * The database's totals against `HistoryWindows`, which says what they mean, over random histories.
 * TOTALS_RUNS tries more of them.
 */
import fc from 'fast-check';
import { findAsset } from '#chains/registry.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId, type OrganizationId, type WalletId } from '#core/ids.ts';
import { type AssetId, networkOf, parseAssetId, parsePrice } from '#core/money.ts';
import type { TransferState } from '#core/transfer-state.ts';
import { DAY_MS, HOUR_MS, type Instant, instant } from '#core/time.ts';
import type { AggregateNeed, GroupingField } from '#policy-lang/compiled-policy.ts';
import type { Condition } from '#policy-lang/checking/condition.ts';
import { type Linked, knownAssets } from '#policy-lang/deciding/facts.ts';
import type { Quote, RequestFacts, Snapshot } from '#policy-lang/snapshot.ts';
import { HistoryWindows } from '#policy-lang/history/windows.ts';
import { reader } from '#persistence/database.ts';
import { LEDGER_NOW as NOW, openLedger } from '#testing/ledger.ts';
import { fuzz, STRANGER, VENDOR } from '#testing/policy-fixtures.ts';
import { valuesOf } from './decide-transfer.ts';
import { factsOf } from '#identity/decision-record.ts';
import { worldOf } from '#mandate/policy-world.ts';
import { runningTotals } from './running-totals.ts';

const RUNS = Number(process.env['TOTALS_RUNS'] ?? 40);
const ASSETS = ['USDC@local-evm', 'ETH@local-evm', 'USDC@local-solana'].map((id) =>
  parseAssetId(id),
);
const USERS = [1, 2].map((number) => newId('user', NOW, new Uint8Array(10).fill(number)));
const LINKED: Linked = {
  assets: knownAssets(worldOf(() => undefined).assets),
  lists: new Map(),
  contracts: new Map(),
  groups: new Map(),
};

let ledger: Awaited<ReturnType<typeof openLedger>>;

beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

/** One transfer; numbers choose among what there is. */
type Past = {
  readonly agoMs: number;
  readonly wallet: number;
  readonly initiator: number;
  readonly asset: number;
  readonly recipient: number;
  readonly units: bigint;
  /** In cents; undefined where there was no price. */
  readonly price?: number;
  readonly state: TransferState;
  readonly isReleased: boolean;
};

/** Around the beginnings of days and of windows, seen from the midnight of UTC that `NOW` is. */
const EDGES = [0, HOUR_MS, 2 * HOUR_MS, 20 * HOUR_MS, DAY_MS].flatMap((edge) => [
  Math.max(0, edge - 1),
  edge,
  edge + 1,
]);

const past: fc.Arbitrary<Past> = fc.record(
  {
    agoMs: fc.oneof(
      fc.constantFrom(...EDGES),
      fc.constantFrom(...EDGES),
      fc.integer({ min: 0, max: 40 * DAY_MS }),
    ),
    wallet: fc.nat(1),
    initiator: fc.nat(1),
    asset: fc.nat(2),
    recipient: fc.nat(1),
    units: fc.bigInt({ min: 1n, max: 2n ** 200n }),
    price: fc.nat(500),
    state: fc.constantFrom<TransferState>('QUEUED', 'BROADCAST', 'CONFIRMED', 'PENDING_APPROVAL'),
    isReleased: fc.nat(5).map((chance) => chance === 0),
  },
  {
    requiredKeys: [
      'agoMs',
      'wallet',
      'initiator',
      'asset',
      'recipient',
      'units',
      'state',
      'isReleased',
    ],
  },
);

const FIELDS: readonly GroupingField[] = ['wallet', 'initiator', 'asset', 'recipient', 'network'];

const condition: fc.Arbitrary<Condition> = fc.constantFrom<Condition>(
  { kind: 'value', order: '>', currency: 'USD', limit: { scaled: 10n ** 40n, scale: 2 } },
  { kind: 'wallet-tagged', tag: 'payments' },
  { kind: 'not', part: { kind: 'asset-in', assets: new Set(ASSETS.slice(0, 1)) } },
);

const window = fc.oneof(
  fc.constantFrom(HOUR_MS, DAY_MS, 30 * DAY_MS).map((ms) => ({ kind: 'last', ms }) as const),
  fc.record({
    kind: fc.constant('calendar' as const),
    unit: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
    zone: fc.constantFrom('UTC', 'Europe/Paris', 'America/New_York'),
  }),
);

const need: fc.Arbitrary<AggregateNeed> = fc
  .record({
    total: fc.oneof(
      fc
        .constantFrom('sum' as const, 'max' as const)
        .map((of) => ({ function: of, of: 'value' as const, distinct: false, currency: 'USD' })),
      fc.constantFrom('sum' as const, 'max' as const).map((of) => ({
        function: of,
        of: 'amount' as const,
        distinct: false,
        asset: ASSETS[0] as AssetId,
      })),
      fc.constant({ function: 'count' as const, of: 'requests' as const, distinct: false }),
      fc.constantFrom(...FIELDS).map((of) => ({ function: 'count' as const, of, distinct: true })),
    ),
    window,
    by: fc.oneof(
      fc.constant([]),
      fc.subarray([...FIELDS], { maxLength: 1 }),
      fc.subarray([...FIELDS]),
    ),
    where: fc.option(condition, { nil: undefined }),
  })
  .map(({ total, where, ...rest }) => ({
    ...total,
    ...rest,
    ...(where === undefined ? {} : { where }),
    key: '',
    activity: 'transfer',
    includesThis: true,
  }));

type Ground = { readonly organization: OrganizationId; readonly wallets: readonly WalletId[] };

function requestOf(entry: Past, { wallets }: Ground): RequestFacts {
  const asset = ASSETS[entry.asset] as AssetId;
  return {
    network: networkOf(asset),
    wallet: {
      id: wallets[entry.wallet] as WalletId,
      tags: entry.wallet === 0 ? ['payments'] : [],
    },
    initiator: { id: USERS[entry.initiator] as string },
    asset,
    units: entry.units,
    recipient: entry.recipient === 0 ? VENDOR : STRANGER,
  };
}

function quotesOf({ price }: Past, at: Instant): readonly Quote[] {
  if (price === undefined) return [];
  const quoted = parsePrice(price === 0 ? '0' : `${price}.01`, 'USD');
  // Of the future, too old, or good.
  const asOf = instant(at + ([5_001, -60_001][price % 10] ?? 0));
  return [{ price: quoted, asOf, maxAgeMs: 60_000, source: 'the test' }];
}

/** Writes a history into the database and into the model, and asks both. */
async function compareTotals(history: readonly Past[], needs: readonly AggregateNeed[]) {
  const organization = await ledger.openOrganization();
  const wallets = [
    await ledger.insertWallet(organization),
    await ledger.insertWallet(organization),
  ];
  const ground = { organization, wallets };
  const keyed = needs.map((made, index) => ({ ...made, key: `${index}` }));
  const model = new HistoryWindows(keyed, LINKED);
  const entries = history.map((entry) => {
    const at = instant(NOW - entry.agoMs);
    const request = requestOf(entry, ground);
    const prices = quotesOf(entry, at);
    const snapshot: Snapshot = {
      now: at,
      activity: 'transfer',
      request,
      prices: new Map([[request.asset as AssetId, prices]]),
      aggregates: new Map(),
    };
    const { asset, units } = request as Required<RequestFacts>;
    const state = entry.state === 'BROADCAST' || entry.state === 'CONFIRMED' ? 'done' : 'reserved';
    if (!entry.isReleased) model.record({ ...snapshot, at, state });
    return {
      at,
      wallet: wallets[entry.wallet] as WalletId,
      initiator: USERS[entry.initiator] as string,
      asset,
      units,
      recipient: request.recipient as string,
      state: entry.state,
      isReleased: entry.isReleased,
      values: valuesOf(findAsset(asset), units, prices, at),
      facts: factsOf(snapshot),
    };
  });
  await ledger.reserve(organization, entries);
  const [first] = history;
  const request = requestOf(first as Past, ground);
  const policy = { aggregates: keyed, program: { linked: LINKED } };
  const question = { organization, now: NOW, request };
  const { facts } = await runningTotals(reader(ledger.db), policy, question);
  return { database: facts, model: model.facts(request, NOW) };
}

test('the database agrees with the model about every total', async () => {
  const histories = fc.array(past, { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(
      histories,
      fc.array(need, { minLength: 4, maxLength: 8 }),
      async (h, needs) => {
        const { database, model } = await compareTotals(h, needs);
        for (const [index] of needs.entries()) {
          const { total, seen } = database.get(`${index}`) ?? {};
          const expected = model.get(`${index}`);
          expect(total).toBe(expected?.total);
          if (needs[index]?.distinct === true) expect(seen ?? false).toBe(expected?.seen ?? false);
        }
      },
    ),
    fuzz(RUNS),
  );
});
