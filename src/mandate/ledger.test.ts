import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNLIMITED_UNITS } from '#core/allowance.ts';
import { type AssetId, parsePrice } from '#core/money.ts';
import { DAY_MS, HOUR_MS, type Instant, instant } from '#core/time.ts';
import type { RequestFacts } from '#policy-lang/snapshot.ts';
import { HistoryWindows } from '#policy-lang/history/windows.ts';
import {
  DAY_TOTAL,
  HEADER,
  NOW,
  STRANGER,
  VENDOR,
  fuzz,
  policyOf,
  quote,
} from '#testing/policy-fixtures.ts';
import { Ledger, type Spend } from './ledger.ts';

const USDC = 'USDC@ethereum' as AssetId;
const allow = 'rule ok "Pay" { when recipient in approved-vendors then allow }';
const DAILY = policyOf(
  `${allow} rule d "D" { when sum(value) over last 24h by wallet > 1,000 USD then block }`,
);
const MANY = policyOf(`${allow}
rule a "A" { when sum(value) over last 24h by wallet > 1,000 USD then block }
rule b "B" { when max(value) over calendar day by initiator > 1,000 USD then block }
rule c "C" { when count(transfer) over last 60min > 5 then block }
rule d "D" { when count(distinct recipient) over calendar month by wallet > 3 then block }
rule e "E" { when sum(value) over last 7d where (value > 100 USD) > 5,000 USD then block }
`);

const requestOf = (wallet: string, units: bigint, recipient = VENDOR): RequestFacts => ({
  wallet: { id: wallet, tags: [] },
  initiator: { id: 'alice' },
  asset: USDC,
  units,
  recipient,
});

const spendOf = (id: string, at: Instant, dollars: bigint, change: Partial<Spend> = {}): Spend => ({
  id,
  at,
  activity: 'transfer',
  request: requestOf('wa-1', dollars * 1_000_000n),
  quotes: [{ ...quote('1.00'), asOf: at }],
  transactions: [],
  ...change,
});

/** In whole dollars. */
const dailyOf = (ledger: Ledger, now: Instant, except = ''): bigint | undefined => {
  const total = ledger.totals(DAILY, requestOf('wa-1', 1n), now, except).get(DAY_TOTAL)?.total;
  return total === undefined ? undefined : total / 100n;
};

test('a spend counts from its time on, and leaves the window when that has passed', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('a', NOW, 300n));
  expect(dailyOf(ledger, NOW)).toBe(300n);
  expect(dailyOf(ledger, instant(NOW + DAY_MS - 1))).toBe(300n);
  expect(dailyOf(ledger, instant(NOW + DAY_MS))).toBe(0n);
});

test('the request itself is not among the earlier ones, and counts again for all others', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('a', NOW, 300n));
  ledger.count(spendOf('b', NOW, 20n));
  expect(dailyOf(ledger, NOW, 'a')).toBe(20n);
  expect(dailyOf(ledger, NOW)).toBe(320n);
});

test('a spend that is asked for again counts once, at its latest time', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('a', NOW, 300n));
  ledger.count(spendOf('a', instant(NOW + HOUR_MS), 300n));
  ledger.count(spendOf('a', instant(NOW - HOUR_MS), 1n));
  expect(dailyOf(ledger, instant(NOW + DAY_MS))).toBe(300n);
  expect(dailyOf(ledger, instant(NOW + DAY_MS + HOUR_MS))).toBe(0n);
});

test('the dead count nowhere, and never again', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('a', NOW, 300n));
  expect(dailyOf(ledger, NOW)).toBe(300n);
  ledger.bury('a');
  ledger.bury('a');
  expect(dailyOf(ledger, NOW)).toBe(0n);
  ledger.count(spendOf('a', NOW, 300n));
  expect(dailyOf(ledger, NOW)).toBe(0n);
  expect(ledger.find('a')?.state).toBe('DEAD');
});

test('a spend without a price of its own leaves its totals unknown', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('a', NOW, 300n, { quotes: [] }));
  expect(dailyOf(ledger, NOW)).toBeUndefined();
  expect(dailyOf(ledger, NOW, 'a')).toBe(0n);
});

const step = fc.record({
  passes: fc.oneof(
    fc.integer({ min: 0, max: 12 * HOUR_MS }),
    fc.integer({ min: -HOUR_MS, max: 0 }),
  ),
  id: fc.nat(7).map(String),
  does: fc.constantFrom('count', 'count', 'count', 'bury', 'ask', 'ask'),
  activity: fc.constantFrom<Spend['activity']>('transfer', 'allowance', 'unlimited-allowance'),
  wallet: fc.constantFrom('wa-1', 'wa-2'),
  recipient: fc.constantFrom(VENDOR, STRANGER),
  cents: fc.bigInt({ min: 1n, max: 50_000n }),
  isPriced: fc.nat(9).map((chance) => chance > 0),
});

test('whatever happened before, totals are those of a history of what counts', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 24 }), (steps) => {
      const ledger = new Ledger();
      const counted = new Map<string, Spend>();
      const dead = new Set<string>();
      let now = NOW as number;
      for (const { passes, id, does, activity, wallet, recipient, cents, isPriced } of steps) {
        now += passes;
        const at = instant(now);
        const request = requestOf(wallet, cents * 10_000n, recipient);
        const quotes = isPriced ? [{ ...quote('1.00'), asOf: at }] : [];
        const known = counted.get(id);
        if (does === 'count') {
          const spend = { id, at, activity, request, quotes, transactions: [] };
          ledger.count(spend);
          if (!dead.has(id) && (known === undefined || known.at < at)) counted.set(id, spend);
        } else if (does === 'bury') {
          ledger.bury(id);
          if (counted.delete(id)) dead.add(id);
        } else {
          const history = new HistoryWindows(MANY.aggregates, MANY.program.linked);
          for (const { id: past, ...spend } of counted.values()) {
            if (past === id) continue;
            const prices = new Map([[USDC, spend.quotes]]);
            history.record({ ...spend, prices, state: 'done' });
          }
          expect(ledger.totals(MANY, request, at, id)).toEqual(history.facts(request, at));
        }
      }
    }),
    fuzz(150),
  );
});

test('more policies than it keeps totals for are all answered', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('a', NOW, 300n));
  const policies = Array.from({ length: 12 }, (_, index) =>
    policyOf(
      `${allow} rule d "D" { when sum(value) over last ${index + 1}h by wallet > 9 USD then block }`,
    ),
  );
  for (const policy of [...policies, ...policies.toReversed()]) {
    const [total] = ledger.totals(policy, requestOf('wa-1', 1n), NOW, '').values();
    expect(total?.total).toBe(30_000n);
  }
});

test('an allowance counts at its maximum from its time on, whatever takes its place', () => {
  const ledger = new Ledger();
  ledger.count(spendOf('lent', NOW, 300n, { activity: 'allowance' }));
  expect(dailyOf(ledger, NOW)).toBe(300n);
  ledger.count(spendOf('taken back', instant(NOW + 1), 0n, { activity: 'allowance' }));
  expect(dailyOf(ledger, instant(NOW + 1))).toBe(300n);
});

test('an allowance without a bound uses every limit up', () => {
  const ledger = new Ledger();
  const request = requestOf('wa-1', UNLIMITED_UNITS);
  ledger.count(spendOf('lent', NOW, 0n, { activity: 'unlimited-allowance', request }));
  expect(dailyOf(ledger, NOW)).toBe(UNLIMITED_UNITS / 1_000_000n);
});

test('a total of messages is unknown, not zero: permits are kept as the allowances that they give', () => {
  const header = HEADER.replace('governs transfer', 'governs transfer, allowance, sign-message');
  const messages = policyOf(
    `${allow} rule m "M" { when count(sign-message) over last 24h by wallet > 1 then block }`,
    header,
  );
  const ledger = new Ledger();
  for (const id of ['a', 'b', 'c']) ledger.count(spendOf(id, NOW, 1n, { activity: 'allowance' }));
  expect(ledger.totals(messages, requestOf('wa-1', 1n), NOW, '')).toEqual(new Map());
});

test('a price counts as it was when the spend was put in writing', () => {
  const ledger = new Ledger();
  const quotes = [{ ...quote('2.00'), price: parsePrice('2.00', 'USD'), asOf: NOW }];
  ledger.count(spendOf('a', NOW, 300n, { quotes }));
  expect(dailyOf(ledger, instant(NOW + 20 * HOUR_MS))).toBe(600n);
});
