import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId, type OrganizationId, type TransferId, type WalletId } from '#core/ids.ts';
import { parseAssetId, parseNetworkId } from '#core/money.ts';
import type { TransferState } from '#core/transfer-state.ts';
import { DAY_MS, type Instant, instant } from '#core/time.ts';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';
import { connectDatabase, type Database, reader, transaction } from './database.ts';
import { releaseReservation, Reservation, sumReserved } from './ledger.ts';
import { insertOrganization } from './organization.ts';
import { Transfer } from './transfer.ts';
import { Key } from './key.ts';
import { Wallet } from './wallet.ts';

const NOW = instant(Date.UTC(2026, 6, 10));
const NETWORK = parseNetworkId('local-evm');
const STATEMENT = {
  statement: '',
  credentialId: '',
  authenticatorData: '',
  clientDataJSON: '',
  signature: '',
};

let database: TestDatabase;
let db: Database;
let organization: OrganizationId;
let count = 0;

const entropy = () => {
  count += 1;
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, count >> 16, (count >> 8) & 255, count & 255]);
};

beforeAll(async () => {
  database = await createTestDatabase();
  db = await connectDatabase({ url: database.url });
  organization = newId('organization', NOW, entropy());
  await transaction(db, (tx) =>
    insertOrganization(tx, { id: organization, name: 'Acme', createdAt: NOW }),
  );
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

async function insertWallet(): Promise<WalletId> {
  const id = newId('wallet', NOW, entropy());
  const key = newId('key', NOW, entropy());
  await transaction(db, async (tx) => {
    const createdBy = newId('user', NOW, entropy());
    tx.create(Key, {
      id: key,
      organization,
      scheme: 'ecdsa-secp256k1',
      name: 'w',
      state: 'ACTIVE',
      provenance: 'generated',
      clientInput: '',
      createdBy,
      createdAt: NOW,
      attempts: 0,
    });
    tx.create(Wallet, {
      id,
      organization,
      key,
      path: 'm',
      network: NETWORK,
      name: 'w',
      tags: [],
      state: 'ACTIVE',
      clientInput: '',
      createdBy: newId('user', NOW, entropy()),
      createdAt: NOW,
      attempts: 0,
    });
  });
  return id;
}

type Entry = {
  readonly at: Instant;
  readonly usd?: bigint;
  readonly isReleased: boolean;
  /** By default one that has left. */
  readonly state?: TransferState;
};

async function reserve(wallet: WalletId, entry: Entry): Promise<TransferId> {
  const { at, usd, isReleased, state = 'CONFIRMED' } = entry;
  const id = newId('transfer', NOW, entropy());
  await transaction(db, async (tx) => {
    tx.create(Transfer, {
      id,
      organization,
      wallet,
      network: NETWORK,
      asset: parseAssetId('USDC@local-evm'),
      units: 1n,
      recipient: '0x',
      memo: '',
      externalId: id,
      clientInput: '',
      initiator: newId('user', NOW, entropy()),
      state,
      intent: '',
      intentHash: '',
      statement: STATEMENT,
      attempts: 0,
      createdAt: at,
      updatedAt: at,
      expiresAt: at,
    });
    const values = usd === undefined ? {} : { USD: usd.toString() };
    tx.create(Reservation, { transfer: id, organization, wallet, at, values });
    if (isReleased) {
      await tx.flush();
      await releaseReservation(tx, id, NOW);
    }
  });
  return id;
}

const sum = (wallet: WalletId, windowMs: number, except?: TransferId) =>
  sumReserved(reader(db), {
    wallet,
    currency: 'USD',
    now: NOW,
    windowMs,
    ...(except === undefined ? {} : { except }),
  });

const ago = (ms: number): Instant => instant(NOW - ms);

test('the window is open at its old end, and a clock that is ahead hides nothing', async () => {
  const wallet = await insertWallet();
  await reserve(wallet, { at: ago(DAY_MS), usd: 1n, isReleased: false });
  await reserve(wallet, { at: ago(DAY_MS - 1), usd: 10n, isReleased: false });
  await reserve(wallet, { at: ago(0), usd: 100n, isReleased: false });
  await reserve(wallet, { at: ago(-1), usd: 1_000n, isReleased: false });
  expect(await sum(wallet, DAY_MS)).toBe(1_110n);
});

test('what has not left yet counts however old it is', async () => {
  const wallet = await insertWallet();
  const states = ['PENDING_APPROVAL', 'QUEUED', 'SIGNING', 'BROADCAST', 'CONFIRMED'] as const;
  for (const [index, state] of states.entries()) {
    await reserve(wallet, {
      at: ago(3 * DAY_MS),
      usd: 10n ** BigInt(index),
      isReleased: false,
      state,
    });
  }
  expect(await sum(wallet, DAY_MS)).toBe(111n);
});

test('a reservation is released once', async () => {
  const wallet = await insertWallet();
  const id = await reserve(wallet, { at: NOW, usd: 5n, isReleased: false });
  const release = (at: Instant) => transaction(db, (tx) => releaseReservation(tx, id, at));
  expect([await release(NOW), await release(instant(NOW + 1))]).toEqual([1, 0]);
  const row = await reader(db).findOneOrFail(Reservation, { transfer: id });
  expect(row.releasedAt).toBe(NOW);
});

test('a reservation without a value makes the sum unknown, while it counts', async () => {
  const wallet = await insertWallet();
  await reserve(wallet, { at: NOW, usd: 5n, isReleased: false });
  const unknown = await reserve(wallet, { at: NOW, isReleased: false });
  expect(await sum(wallet, DAY_MS)).toBeUndefined();
  expect(await sum(wallet, DAY_MS, unknown)).toBe(5n);
  await transaction(db, (tx) => releaseReservation(tx, unknown, NOW));
  expect(await sum(wallet, DAY_MS)).toBe(5n);
});

test('the sum agrees with adding up one by one, beyond 2^64', async () => {
  const entry = fc.record({
    ageMs: fc.integer({ min: -5, max: 2 * DAY_MS }),
    usd: fc.bigInt({ min: 0n, max: 2n ** 200n }),
    isReleased: fc.boolean(),
    state: fc.constantFrom<TransferState>('QUEUED', 'CONFIRMED'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 6 }), async (entries) => {
      const wallet = await insertWallet();
      for (const { ageMs, ...entry } of entries) {
        await reserve(wallet, { at: instant(NOW - ageMs), ...entry });
      }
      const counted = entries.filter(
        ({ ageMs, isReleased, state }) => !isReleased && (ageMs < DAY_MS || state === 'QUEUED'),
      );
      const expected = counted.reduce((total, { usd }) => total + usd, 0n);
      expect(await sum(wallet, DAY_MS)).toBe(expected);
    }),
    { numRuns: 15 },
  );
});
