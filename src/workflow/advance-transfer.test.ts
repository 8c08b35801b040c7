import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from '#chains/connect.ts';
import { deployTestUsdc, fundNative } from '#chains/evm/local.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { PlatformError } from '#core/errors.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { Event } from '#persistence/event.ts';
import { ChainAlarm, ChainMark, ChainTransaction } from '#persistence/transaction.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  auditOf,
  carryOut,
  fundWallet,
  openAcme,
  openWallet,
  pay,
  releasedAt,
  reload,
  silent,
  USDC,
  withChain,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { startAnvil } from '#testing/anvil.ts';
import { NETWORK, openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceTransfer } from './advance-transfer.ts';
import { checkHistories, readAlarms } from './chain-history.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(async () => {
  await stage.close();
});

beforeEach(async () => {
  acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
});

afterEach(() => {
  stage.cluster.refusal = undefined;
  for (const party of [1, 2, 3]) stage.cluster.running.add(party);
});

const db = () => reader(acme.services.db);
const address = () => acme.wallet.address ?? '';
const nonceOf = async ({ id }: TransferRow) =>
  (await db().findOneOrFail(ChainTransaction, { transfer: id })).nonce;

test('with two of three nodes stopped a transfer waits, says so, and completes when they return', async () => {
  stage.cluster.running.delete(1);
  stage.cluster.running.delete(2);
  const transfer = await pay(acme);
  const waiting = await carryOut(acme, transfer);
  expect(waiting).toMatchObject({ state: 'SIGNING', waiting: { code: 'SIGNERS_UNAVAILABLE' } });
  for (let again = 0; again < 3; again++) await carryOut(acme, transfer);
  const events = await db().find(Event, { subject: transfer.id }, { orderBy: { cursor: 'asc' } });
  expect(events.map(({ payload }) => [payload['state'], payload['waiting'] !== null])).toEqual([
    ['QUEUED', false],
    ['SIGNING', false],
    ['SIGNING', true],
  ]);
  // Two sign, and all three have what they sign in writing: its audit record, too.
  stage.cluster.running.add(2);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'SIGNING' });
  stage.cluster.running.add(1);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', waiting: null });
});

test('tries become slower while the nodes are away, up to a few seconds', async () => {
  stage.cluster.running.clear();
  const transfer = await pay(acme);
  const delays: number[] = [];
  for (let again = 0; again < 8; again++) {
    const before = stage.services.clock.now();
    const { dueAt } = await carryOut(acme, transfer);
    delays.push((dueAt ?? 0) - before);
  }
  expect(delays.every((delay) => delay >= 250 && delay < 6_000)).toBe(true);
  expect((delays.at(-1) ?? 0) >= (delays[0] ?? 0)).toBe(true);
});

test('a refusal by the nodes ends the transfer, and leaves no gap', async () => {
  stage.cluster.refusal = 'the recipient differs';
  const refused = await pay(acme);
  const failed = await carryOut(acme, refused);
  expect(failed).toMatchObject({
    state: 'FAILED',
    reason: { code: 'EVIDENCE_REJECTED', message: expect.stringContaining('recipient differs') },
  });
  stage.cluster.refusal = undefined;
  const next = await pay(acme);
  expect(await carryOut(acme, next)).toMatchObject({ state: 'CONFIRMED' });
  expect([await nonceOf(refused), await nonceOf(next)]).toEqual([0n, 0n]);
  await carryOut(acme, refused);
  const at = await releasedAt(acme, refused);
  expect(at).not.toBeNull();
  await carryOut(acme, refused);
  expect(await releasedAt(acme, refused)).toBe(at);
  expect(await auditOf(acme, refused.id)).toEqual([
    'transfer.created',
    'transfer.queued',
    'transfer.signing',
    'transfer.failed',
    'transfer.released',
  ]);
});

test('a refused transfer that the nodes have withdrawn from is released, whoever uses its number', async () => {
  stage.cluster.refusal = 'the recipient differs';
  const refused = await pay(acme);
  expect(await carryOut(acme, refused)).toMatchObject({ state: 'FAILED' });
  stage.cluster.refusal = undefined;
  expect(await releasedAt(acme, refused)).toBeNull();
  stage.cluster.lets = true;
  await carryOut(acme, refused);
  stage.cluster.lets = false;
  expect(await releasedAt(acme, refused)).not.toBeNull();
  expect((await auditOf(acme, refused.id)).at(-1)).toBe('transfer.released');
});

test('ten transfers of one wallet at once get ten consecutive sequence numbers', async () => {
  const transfers = [];
  for (let i = 0; i < 10; i++) transfers.push(await pay(acme));
  const states = new Set<string>();
  while (states.size !== 1 || !states.has('CONFIRMED')) {
    const rows = await Promise.all(transfers.map((transfer) => carryOut(acme, transfer)));
    states.clear();
    for (const { state } of rows) states.add(state);
  }
  const nonces = await Promise.all(transfers.map(nonceOf));
  expect(nonces.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
    Array.from({ length: 10 }, (_, i) => BigInt(i)),
  );
  expect(await stage.connection.nextNonce(address())).toBe(10n);
});

test('a transfer behind one that waits for the nodes is not given a number before it', async () => {
  stage.cluster.running.clear();
  const first = await pay(acme);
  const second = await pay(acme);
  await carryOut(acme, first);
  expect(await carryOut(acme, second)).toMatchObject({
    state: 'QUEUED',
    waiting: { code: 'SIGNERS_UNAVAILABLE', message: expect.stringContaining(first.id) },
  });
  const events = await db().find(Event, { subject: second.id }, { orderBy: { cursor: 'asc' } });
  expect(events.map(({ payload }) => payload['waiting'] !== null)).toEqual([false, true]);
  for (const party of [1, 2, 3]) stage.cluster.running.add(party);
  expect(await carryOut(acme, first)).toMatchObject({ state: 'CONFIRMED' });
  expect(await carryOut(acme, second)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  expect([await nonceOf(first), await nonceOf(second)]).toEqual([0n, 1n]);
});

test('a transfer says that it waits only as long as the one before it does', async () => {
  stage.cluster.running.clear();
  const [first, second, third] = [await pay(acme), await pay(acme), await pay(acme)];
  await carryOut(acme, first);
  expect((await carryOut(acme, third)).waiting).not.toBeNull();
  for (const party of [1, 2, 3]) stage.cluster.running.add(party);
  await carryOut(acme, first);
  await advanceTransfer(acme.services, second.id);
  expect(await carryOut(acme, third)).toMatchObject({ state: 'QUEUED', waiting: null });
  const events = await db().find(Event, { subject: third.id }, { orderBy: { cursor: 'asc' } });
  expect(events.map(({ payload }) => payload['waiting'] !== null)).toEqual([false, true, false]);
});

test('a wallet that does not hold enough fails the transfer and releases it', async () => {
  const empty = await openWallet(acme.services, acme.ada);
  const transfer = await pay(acme, { walletId: empty.id });
  expect(await carryOut(acme, transfer)).toMatchObject({
    state: 'FAILED',
    reason: { code: 'INSUFFICIENT_FUNDS' },
  });
  expect(await releasedAt(acme, transfer)).not.toBeNull();
});

test('a fee above the cap fails the transfer and names the fee', async () => {
  const transfer = await pay(acme, { maxFee: '1' });
  expect(await carryOut(acme, transfer)).toMatchObject({
    state: 'FAILED',
    reason: { code: 'INVALID_INPUT', message: expect.stringContaining('the cap is') },
  });
});

test.each(['nextNonce', 'draft', 'broadcast', 'status'] as const)(
  'while the chain does not answer to %s the transfer waits, and goes on afterwards',
  async (verb) => {
    const transfer = await pay(acme);
    const cut = withChain(acme, { [verb]: silent });
    const stuck = await carryOut(cut, transfer);
    expect(['QUEUED', 'BROADCAST']).toContain(stuck.state);
    expect(stuck.waiting).toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', waiting: null });
    expect(await stage.connection.nextNonce(address())).toBe(1n);
  },
);

test('a chain that answers an error after it took the transaction is sent the same bytes again', async () => {
  const transfer = await pay(acme);
  const sent: string[] = [];
  const lying = withChain(acme, {
    broadcast: async (sealed) => {
      sent.push(sealed.hash);
      await stage.connection.broadcast(sealed);
      throw new PlatformError('CHAIN_UNAVAILABLE', { reason: 'reset after the request' });
    },
  });
  await carryOut(lying, transfer);
  await carryOut(lying, transfer);
  expect(new Set(sent).size).toBe(1);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect(await stage.connection.nextNonce(address())).toBe(1n);
});

test('bytes that are drafted for another recipient are never signed', async () => {
  const transfer = await pay(acme);
  const lying = withChain(acme, {
    draft: (request) => stage.connection.draft({ ...request, to: address() }),
  });
  const before = stage.cluster.signed;
  expect(await carryOut(lying, transfer)).toMatchObject({
    state: 'FAILED',
    reason: { code: 'EVIDENCE_REJECTED' },
  });
  expect(stage.cluster.signed).toBe(before);
  expect(await auditOf(acme, transfer.id)).toEqual([
    'transfer.created',
    'transfer.queued',
    'transfer.failed',
  ]);
});

test('a transaction that the chain reverts is FAILED, and its value is released', async () => {
  const transfer = await pay(acme);
  const reverting = withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' ? { ...status, succeeded: false } : status;
    },
  });
  expect(await carryOut(reverting, transfer)).toMatchObject({
    state: 'FAILED',
    reason: { code: 'REVERTED' },
  });
  expect(await releasedAt(acme, transfer)).not.toBeNull();
});

test('a chain that lost its history is reported, and confirms nothing until it has it back', async () => {
  const done = await pay(acme);
  await carryOut(acme, done);
  const open = await pay(acme);
  await carryOut(withChain(acme, { broadcast: silent }), open);

  const other = await startAnvil();
  await deployTestUsdc(other.url);
  await fundNative(other.url, address(), 10n ** 18n);
  const connection = connect(findNetwork(NETWORK), other.url);
  const elsewhere = withChain(acme, connection);
  try {
    const stuck = await carryOut(elsewhere, open);
    expect(stuck).toMatchObject({ state: 'BROADCAST', waiting: { code: 'CHAIN_UNAVAILABLE' } });
    expect(stuck.waiting?.message).toContain('lost its history');
    expect(await readAlarms(elsewhere.services)).toMatchObject([{ network: NETWORK }]);
    const reports = { organization: acme.organization, action: 'network.history-lost' };
    expect(await db().count(AuditEntry, reports)).toBe(1);
    const fresh = await pay(acme);
    expect(await carryOut(elsewhere, fresh)).toMatchObject({ state: 'QUEUED' });
    expect(await connection.balances(VENDOR, [findAsset(USDC)])).toMatchObject([{ units: 0n }]);
  } finally {
    connection.close();
    await other.stop();
  }
  await checkHistories(acme.services);
  expect(await db().count(ChainAlarm)).toBe(0);
  expect(await carryOut(acme, open)).toMatchObject({ state: 'CONFIRMED' });
  expect(await reload(acme, done)).toMatchObject({ state: 'CONFIRMED' });
  expect(await db().count(ChainMark)).toBeGreaterThan(0);
});
