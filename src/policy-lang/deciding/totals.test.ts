import { expect, test } from 'vitest';
import type { AssetId } from '#core/money.ts';
import { USDC, ask } from '#testing/policy-questions.ts';
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { Atom, Condition } from '#policy-lang/checking/condition.ts';
import { whole } from '#policy-lang/values/exact.ts';
import type { AggregateFact, RequestFacts } from '#policy-lang/snapshot.ts';

const HOUR_MS = 3_600_000;
const KEY = 'sum(value) over last 24h by wallet in USD';
const NEED: AggregateNeed = {
  key: KEY,
  function: 'sum',
  of: 'value',
  distinct: false,
  currency: 'USD',
  activity: 'transfer',
  window: { kind: 'last', ms: 24 * HOUR_MS },
  by: ['wallet'],
  includesThis: true,
};
const count: Partial<AggregateNeed> = { function: 'count', of: 'requests' };
const recipients: Partial<AggregateNeed> = { function: 'count', of: 'recipient', distinct: true };
const inUnits: Partial<AggregateNeed> = { of: 'amount', asset: USDC };
const isLarge: Condition = {
  kind: 'value',
  order: '>',
  currency: 'USD',
  limit: whole(100n),
};
const dollars50: RequestFacts = { asset: USDC, units: 50_000_000n };

test.each<[Partial<AggregateNeed>, AggregateFact | undefined, RequestFacts, string]>([
  [
    {},
    { total: 5_000n },
    dollars50,
    "false: 50 USDC brings the wallet's last 24 hours to 100.00 USD, exactly 100.00 USD.",
  ],
  [
    {},
    { total: 5_001n },
    dollars50,
    "true: 50 USDC brings the wallet's last 24 hours to 100.01 USD, above 100.00 USD.",
  ],
  [
    { includesThis: false },
    { total: 5_001n },
    {},
    "false: The wallet's last 24 hours come to 50.01 USD, below 100.00 USD.",
  ],
  [
    { activity: 'contract-call' },
    { total: 5_001n },
    dollars50,
    "false: The wallet's last 24 hours come to 50.01 USD, below 100.00 USD.",
  ],
  [
    { where: isLarge },
    { total: 9_999n },
    dollars50,
    "false: The wallet's last 24 hours come to 99.99 USD, below 100.00 USD.",
  ],
  [{ where: isLarge }, { total: 9_999n }, { asset: USDC }, 'missing: Not known: the amount.'],
  [{ by: [] }, undefined, dollars50, `missing: Not known: the total ${KEY}.`],
  [{}, { total: -1n }, dollars50, `missing: Not known: the total ${KEY}.`],
  [
    { function: 'max' },
    { total: 10_001n },
    dollars50,
    "true: The largest of the wallet's last 24 hours is 100.01 USD, above 100.00 USD.",
  ],
  [
    { function: 'max' },
    { total: 0n },
    dollars50,
    "false: The largest of the wallet's last 24 hours is 50.00 USD, below 100.00 USD.",
  ],
  [
    inUnits,
    { total: 51n },
    { asset: USDC, units: 50n },
    "true: 0.00005 USDC brings the wallet's last 24 hours to 0.000101 USDC, above 0.0001 USDC.",
  ],
  [
    inUnits,
    { total: 99n },
    { asset: 'ETH@ethereum' as AssetId },
    "false: The wallet's last 24 hours come to 0.000099 USDC, below 0.0001 USDC.",
  ],
  [inUnits, { total: 99n }, { asset: USDC }, 'missing: Not known: the amount.'],
  [inUnits, { total: 99n }, {}, 'missing: Not known: the asset.'],
  [
    count,
    { total: 100n },
    {},
    "true: This transfer brings the wallet's last 24 hours to 101 transfers, above 100 transfers.",
  ],
  [
    recipients,
    { total: 100n, seen: false },
    {},
    "true: This transfer brings the wallet's last 24 hours to 101 different recipients, above 100 different recipients.",
  ],
  [
    recipients,
    { total: 100n, seen: true },
    {},
    "false: This transfer brings the wallet's last 24 hours to 100 different recipients, exactly 100 different recipients.",
  ],
  [recipients, { total: 100n }, {}, `missing: Not known: the total ${KEY}.`],
  [
    {
      by: ['initiator', 'asset'],
      includesThis: false,
      window: { kind: 'calendar', unit: 'week', zone: 'UTC' },
    },
    { total: 1n },
    {},
    'false: The calendar week by initiator and asset comes to 0.01 USD, below 100.00 USD.',
  ],
])('a total counts the request where it should, case %#', (need, fact, request, answer) => {
  const aggregates = new Map(fact === undefined ? [] : [[KEY, fact]]);
  const atom: Atom = { kind: 'total', order: '>', need: { ...NEED, ...need }, limit: whole(100n) };
  expect(ask(atom, request, { aggregates })).toBe(answer);
});
