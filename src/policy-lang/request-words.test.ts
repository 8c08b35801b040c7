import { expect, test } from 'vitest';
import type { AssetId, NetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { VENDOR, WORLD } from '#testing/policy-fixtures.ts';
import { requestLine } from './request-words.ts';
import type { RequestFacts } from './snapshot.ts';

const USDC = 'USDC@ethereum' as AssetId;
const line = (request: RequestFacts, totals: readonly (readonly [string, bigint])[] = []): string =>
  requestLine(
    {
      now: instant(0),
      activity: 'transfer',
      request,
      prices: new Map(),
      aggregates: new Map(totals.map(([key, total]) => [key, { total }])),
    },
    { assets: WORLD.assets, needs: [] },
  );

const CASES: readonly (readonly [RequestFacts, string])[] = [
  [{}, 'nothing is known of it'],
  [
    {
      asset: USDC,
      units: 1_500_000n,
      wallet: { id: 'wa-1', tags: ['payments'] },
      recipient: VENDOR,
      initiator: { id: 'usr-1', roles: ['treasurer'] },
    },
    `1.5 USDC@ethereum, wallet wa-1 (payments), to ${VENDOR}, by usr-1 (treasurer)`,
  ],
  [{ units: 7n, network: 'polygon' as NetworkId }, '7 base units, on polygon'],
  [
    {
      call: {
        function: 'supply',
        contract: VENDOR,
        args: new Map([
          ['amount', { type: 'number', number: 5n }],
          ['note', { type: 'text', text: 'a "b"' }],
          ['safe', { type: 'boolean', value: true }],
        ]),
      },
    },
    `calls supply, contract ${VENDOR}, amount = 5, note = "a \\"b\\"", safe = true`,
  ],
  [
    { screening: { alertLevel: 'HIGH', riskScore: { scaled: 725n, scale: 1 }, categories: ['a'] } },
    'screening: alertLevel HIGH, screening: riskScore 72.5, screening: categories [a]',
  ],
  [{ change: { kind: 'assign', role: 'admin' } }, 'change: kind assign, change: role admin'],
];

test.each(CASES.map(([request, expected]) => ({ request, expected })))(
  '$expected',
  ({ request, expected }) => {
    expect(line(request)).toBe(expected);
  },
);

test('totals follow the request', () => {
  const told = line({ asset: USDC }, [['count(transfer) over last 60min by wallet', 4n]]);
  expect(told).toBe('the asset USDC@ethereum; count(transfer) over last 60min by wallet is 4');
});
