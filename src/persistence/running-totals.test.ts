import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, TransferId, WalletId } from '#core/ids.ts';
import { DAY_MS, type Instant, instant } from '#core/time.ts';
import { LEDGER_NOW, type LedgerEntry, openLedger } from '#testing/ledger.ts';
import { reader, transaction } from './database.ts';
import { releaseReservation, Reservation } from './ledger.ts';
import { type History, pastReservations, totalReserved } from './running-totals.ts';

let ledger: Awaited<ReturnType<typeof openLedger>>;
let organization: OrganizationId;
let wallet: WalletId;

beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

beforeEach(async () => {
  organization = await ledger.openOrganization();
  wallet = await ledger.insertWallet(organization);
});

async function reserve(at: Instant, usd?: bigint, more: Partial<LedgerEntry> = {}) {
  const values: Record<string, string> = usd === undefined ? {} : { USD: usd.toString() };
  const [id] = await ledger.reserve(organization, [{ wallet, at, values, ...more }]);
  return id as TransferId;
}

const lastDay = (more: Partial<History> = {}): History => ({
  organization,
  scope: [['wallet', wallet]],
  after: LEDGER_NOW - DAY_MS,
  ...more,
});

const sum = (more: Partial<History> = {}) =>
  totalReserved(reader(ledger.db), lastDay(more), 'sum', { of: 'value', currency: 'USD' });

const ago = (ms: number): Instant => instant(LEDGER_NOW - ms);

test('the window is open at its old end, and a clock that is ahead hides nothing', async () => {
  await reserve(ago(DAY_MS), 1n);
  await reserve(ago(DAY_MS - 1), 10n);
  await reserve(ago(0), 100n);
  await reserve(ago(-1), 1_000n);
  expect(await sum()).toBe(1_110n);
});

test('what has not left yet counts however old it is', async () => {
  const states = ['PENDING_POLICY', 'PENDING_APPROVAL', 'QUEUED', 'SIGNING'] as const;
  for (const [index, state] of [...states, 'BROADCAST' as const, 'CONFIRMED' as const].entries()) {
    await reserve(ago(3 * DAY_MS), 10n ** BigInt(index), { state });
  }
  await reserve(ago(3 * DAY_MS), 10n ** 6n, { state: 'FAILED', isWatched: true });
  await reserve(ago(3 * DAY_MS), 10n ** 7n, { state: 'FAILED' });
  expect(await sum()).toBe(1_001_111n);
});

test('a reservation is released once', async () => {
  const id = await reserve(LEDGER_NOW, 5n);
  const release = (at: Instant) => transaction(ledger.db, (tx) => releaseReservation(tx, id, at));
  expect([await release(LEDGER_NOW), await release(ago(-1))]).toEqual([1, 0]);
  const row = await reader(ledger.db).findOneOrFail(Reservation, { transfer: id });
  expect(row.releasedAt).toBe(LEDGER_NOW);
});

test('a reservation without a value makes the sum unknown, while it counts', async () => {
  await reserve(LEDGER_NOW, 5n);
  const unknown = await reserve(LEDGER_NOW);
  expect(await sum()).toBeUndefined();
  expect(await sum({ except: unknown })).toBe(5n);
  await transaction(ledger.db, (tx) => releaseReservation(tx, unknown, LEDGER_NOW));
  expect(await sum()).toBe(5n);
});

test("another organisation's payments count for nothing", async () => {
  const owner = organization;
  await reserve(LEDGER_NOW, 5n);
  organization = await ledger.openOrganization();
  expect(await sum({ scope: [] })).toBe(0n);
  expect(await sum({ scope: [], organization: owner })).toBe(5n);
});

test('more history than is to be looked at is not looked at', async () => {
  for (let made = 0; made < 3; made++) await reserve(LEDGER_NOW);
  const tx = reader(ledger.db);
  expect(await pastReservations(tx, lastDay(), 3)).toHaveLength(3);
  expect(await pastReservations(tx, lastDay(), 2)).toBeUndefined();
});
