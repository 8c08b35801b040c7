import type { AssetId } from '#core/money.ts';
import { HOUR_MS, instant } from '#core/time.ts';
import { expect, test } from 'vitest';
import { NOW, VENDOR, policyOf, quote } from '#testing/policy-fixtures.ts';
import { type HistoryRequest, backtest } from './backtest.ts';

const USDC = 'USDC@ethereum' as AssetId;
const rules = (limit: string, daily: string) => `
rule ok "Pay" { when recipient in approved-vendors then allow }
rule large "Large" { when value > ${limit} USD then require approval by 1 of managers }
rule daily "Daily" { when sum(value) over last 24h by wallet > ${daily} USD then block }`;

const payment = (id: string, dollars: number, hours: number): HistoryRequest => ({
  id,
  at: instant(NOW + hours * HOUR_MS),
  activity: 'transfer',
  request: {
    wallet: { id: 'wa-1', tags: [] },
    asset: USDC,
    units: BigInt(dollars) * 1_000_000n,
    recipient: VENDOR,
  },
  prices: new Map([[USDC, [{ ...quote('1.00'), asOf: instant(NOW + hours * HOUR_MS) }]]]),
});

const HISTORY = [payment('a', 500, 0), payment('b', 5_000, 1), payment('c', 20_000, 2)];

test('equal versions change nothing', () => {
  const policy = policyOf(rules('10,000', '100,000'));
  expect(backtest(HISTORY, policy, policy)).toEqual({
    requests: 3,
    changed: 0,
    before: { ALLOW: 2, PENDING: 1, BLOCK: 0 },
    after: { ALLOW: 2, PENDING: 1, BLOCK: 0 },
    changes: [],
  });
});

test('a lower limit asks for approvals of what went through, with the money and the rule', () => {
  const report = backtest(
    HISTORY,
    policyOf(rules('10,000', '100,000')),
    policyOf(rules('1,000', '100,000')),
  );
  expect(report).toMatchObject({
    changed: 1,
    changes: [
      {
        before: 'ALLOW',
        after: 'PENDING',
        direction: 'tightened',
        count: 1,
        amounts: new Map([[USDC, 5_000_000_000n]]),
        values: new Map([['USD', 500_000n]]),
        examples: [{ request: { id: 'b' }, onlyBefore: [], onlyAfter: ['large'] }],
      },
    ],
  });
});

test('a quote of zero or of another time is no value', () => {
  const [first] = HISTORY as [HistoryRequest];
  const open = policyOf('rule all "All" { when always then allow }');
  const at = (quotes: HistoryRequest['prices']) =>
    backtest([{ ...first, prices: quotes }], policyOf(rules('10,000', '9')), open).changes;
  const dated = (ahead: number) =>
    new Map([[USDC, [{ ...quote('1.00'), asOf: instant(NOW + ahead) }]]]);
  expect(at(dated(5_000))[0]?.values).toEqual(new Map([['USD', 50_000n]]));
  expect(at(dated(5_001))[0]?.values).toEqual(new Map());
  expect(at(new Map([[USDC, [quote('0.00')]]]))[0]?.values).toEqual(new Map());
});

test('a payment that a version blocks does not use up the limit of that version', () => {
  const history = [payment('a', 900, 0), payment('b', 200, 1), payment('c', 90, 2)];
  const report = backtest(
    history,
    policyOf(rules('10,000', '5,000')),
    policyOf(rules('10,000', '1,000')),
  );
  expect(report.after).toEqual({ ALLOW: 2, PENDING: 0, BLOCK: 1 });
  expect(report.changes[0]?.examples[0]?.request.id).toBe('b');
});

test('a request that was released counts for nobody', () => {
  const history = [{ ...payment('a', 900, 0), isReleased: true }, payment('b', 200, 1)];
  const policy = policyOf(rules('10,000', '1,000'));
  expect(backtest(history, policy, policy).after).toEqual({ ALLOW: 2, PENDING: 0, BLOCK: 0 });
});

test('examples are the largest ones', () => {
  const history = Array.from({ length: 20 }, (_, index) =>
    payment(`p${index}`, 1_000 + ((index * 7) % 20), 30 * index),
  );
  const report = backtest(
    history,
    policyOf(rules('10,000', '9,000')),
    policyOf(rules('10', '9,000')),
  );
  const [change] = report.changes;
  expect(change?.count).toBe(20);
  const units = change?.examples.map(({ request }) => (request.request.units ?? 0n) / 1_000_000n);
  expect(units).toEqual([1_019n, 1_018n, 1_017n]);
});

test('both versions count as in force, whenever they are', () => {
  const policy = policyOf(rules('10,000', '100,000'));
  const early = [{ ...payment('a', 500, 0), at: instant(1_000), prices: new Map() }];
  expect(backtest(early, policy, policy).before.BLOCK).toBe(1);
  const unlimited = policyOf('rule ok "Pay" { when recipient in approved-vendors then allow }');
  expect(backtest(early, unlimited, unlimited).before.ALLOW).toBe(1);
});
