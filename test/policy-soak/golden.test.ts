import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type AssetId, parsePrice } from '#core/money.ts';
import { parseInstant } from '#core/time.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { snapshotText, traceText } from '#policy-lang/snapshot-text.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { CUSTODY_WORLD, VENDOR } from '#testing/policy-fixtures.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const NOW = parseInstant('2026-08-03T12:00:00Z');
const USDC = 'USDC@ethereum' as AssetId;

const quotes = ['USD', 'EUR'].map((currency) => ({
  price: parsePrice('0.999999999999999999', currency),
  asOf: NOW,
  maxAgeMs: 60_000,
  source: 'golden',
}));
const nothing = { now: NOW, prices: new Map(), aggregates: new Map() };

const SNAPSHOTS: readonly Snapshot[] = [
  {
    now: NOW,
    activity: 'transfer',
    request: {
      wallet: { id: 'wa-1', tags: ['ops'] },
      initiator: { id: 'alice', roles: ['operator'] },
      asset: USDC,
      units: 120_000_000_001n,
      recipient: VENDOR,
      screening: { alertLevel: 'MEDIUM', directExposure: [] },
    },
    prices: new Map([[USDC, quotes]]),
    aggregates: new Map([
      ['count(transfer) over last 1h by wallet', { total: 5n }],
      [
        'count(distinct recipient) over calendar day by wallet where (value > 100 USD)',
        { total: 20n, seen: true },
      ],
      ['sum(value) over last 7d by initiator, asset in EUR', { total: 88_000_000n }],
    ]),
  },
  { ...nothing, activity: 'transfer', request: {} },
  { ...nothing, activity: 'contract-call', request: { wallet: { id: 'wa-2', tags: ['cold'] } } },
  {
    ...nothing,
    activity: 'sign-message',
    request: {
      typedData: {
        primaryType: 'Permit',
        fields: new Map([['deadline', { type: 'number', number: 4_102_444_800n }]]),
      },
    },
  },
  { ...nothing, activity: 'incoming', request: { screening: { failure: 'unsupported-asset' } } },
  { ...nothing, activity: 'policy-change', request: { initiator: { id: 'bob' } } },
];

/**
 * A decision that was kept must be found again byte for byte. Where a sentence changes on purpose,
 * `npm test -- test/policy-soak/golden.test.ts -u` writes the file anew.
 */
test('the decisions of the custody rulebook are the bytes that were kept', async () => {
  const folder = resolve(ROOT, 'src/policy-lang/fixtures/custody-rulebook');
  const { policy } = compileBundle((await readBundle(folder)).files, CUSTODY_WORLD);
  if (policy === undefined) throw new Error('the rulebook does not compile');
  const lines = SNAPSHOTS.flatMap((snapshot) => [
    snapshotText(snapshot),
    traceText(trace(policy, snapshot)),
  ]);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./golden-decisions.txt');
});
