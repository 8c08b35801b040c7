/** A payment that no block takes, on a real chain: its fee is raised, and it is paid once. */
import { expect, test } from 'vitest';
import type { ChainConnection } from '#chains/adapter.ts';
import { findAsset } from '#chains/registry.ts';
import { DAY_MS } from '#core/time.ts';
import { REPLACEMENTS_MAX } from '#mandate/replacement.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import {
  type Acme,
  auditOf,
  carryOut,
  dollars,
  openAcme,
  pay,
  USDC,
  withChain,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import {
  GWEI,
  hashesOf,
  paymentOf,
  SENT,
  SPED_UP,
  speedUp,
  stuckTransfer,
  work,
  onSlowChain,
  type SlowChain,
} from '#testing/slow-chain.ts';
import type { WorkflowStage } from '#testing/workflow-stage.ts';
import { speedUpTransfer } from './speed-up.ts';
import { cancelTransfer } from './transfer.ts';

let stage: WorkflowStage;
let chain: SlowChain;
let acme: Acme;

onSlowChain((each) => ({ stage, chain, acme } = each));

test('a payment that no block takes is sent again with a higher fee, and paid once by that', async () => {
  const before = await chain.paid();
  const transfer = await stuckTransfer(acme);
  const [first = ''] = await hashesOf(acme, transfer);
  expect(await chain.pooled()).toEqual([first]);
  expect(await speedUp(acme, transfer)).toMatchObject({ state: 'BROADCAST' });
  expect(await work(acme, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  const [, raised = ''] = await hashesOf(acme, transfer);
  expect(await chain.pooled()).toEqual([raised]);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  const { first: stored } = await paymentOf(acme, transfer);
  expect(stored).toMatchObject({ hash: first, minedHash: raised });
  expect((await chain.paid()) - before).toBe(transfer.units);
  expect(await auditOf(acme, transfer.id)).toEqual([...SENT, ...SPED_UP, 'transfer.confirmed']);
  const db = reader(acme.services.db);
  const about = { subject: transfer.id, action: 'transfer.sped-up' };
  const { detail } = await db.findOneOrFail(AuditEntry, about);
  expect(detail).toMatchObject({ hash: raised, replaces: [first], replacement: 1, nonce: '0' });
  expect(await stage.connection.nextNonce(acme.wallet.address ?? '')).toBe(1n);
});

test('a payment that the chain forgot, and no longer takes for its fee, is sent with a higher one', async () => {
  const before = await chain.paid();
  const transfer = await stuckTransfer(acme);
  await chain.setBaseFee(100n * GWEI);
  expect(await chain.pooled()).toEqual([]);
  expect(await carryOut(acme, transfer)).toMatchObject({
    state: 'BROADCAST',
    waiting: { code: 'CHAIN_UNAVAILABLE' },
  });
  await speedUp(acme, transfer);
  expect(await work(acme, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect(await chain.pooled()).toEqual((await hashesOf(acme, transfer)).slice(1));
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect((await chain.paid()) - before).toBe(transfer.units);
});

test('the next payment of the wallet follows with the next number', async () => {
  const transfer = await stuckTransfer(acme);
  const next = await pay(acme);
  await carryOut(acme, next);
  await speedUp(acme, transfer);
  await work(acme, transfer);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect(await carryOut(acme, next)).toMatchObject({ state: 'CONFIRMED' });
  expect((await paymentOf(acme, next)).first.nonce).toBe(1n);
});

test('the same request again raises the fee once; another one with its id is refused', async () => {
  const transfer = await stuckTransfer(acme);
  const request = { externalId: 'once', maxFee: (10n ** 16n).toString() };
  await speedUp(acme, transfer, request);
  await speedUp(acme, transfer, request);
  await work(acme, transfer);
  await speedUp(acme, transfer, request);
  await expect(speedUp(acme, transfer, { externalId: 'once' })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    context: { existing: transfer.id },
  });
  const bens = speedUpTransfer(acme.services, acme.ben.actor, {
    transferId: transfer.id,
    ...request,
  });
  await expect(bens).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect((await paymentOf(acme, transfer)).raises).toHaveLength(1);
});

test('of requests at one moment one raises the fee, and the others are told', async () => {
  const transfer = await stuckTransfer(acme);
  const asking = Array.from({ length: 8 }, () => speedUp(acme, transfer));
  const settled = await Promise.allSettled(asking);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of settled) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
  }
  const same = await Promise.all(
    Array.from({ length: 8 }, () =>
      speedUp(acme, transfer, { externalId: 'same' }).catch(
        (error: { code: string }) => error.code,
      ),
    ),
  );
  expect(new Set(same)).toEqual(new Set(['VERSION_CONFLICT']));
  expect((await paymentOf(acme, transfer)).raises).toHaveLength(1);
  await work(acme, transfer);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});

test('one request sent eight times at one moment raises the fee once, and each is told so', async () => {
  const transfer = await stuckTransfer(acme);
  const once = Array.from({ length: 8 }, () => speedUp(acme, transfer, { externalId: 'at-once' }));
  for (const answer of await Promise.all(once)) expect(answer.id).toBe(transfer.id);
  expect((await paymentOf(acme, transfer)).raises).toHaveLength(1);
});

test(`a fee is raised ${REPLACEMENTS_MAX} times, and no more`, async () => {
  const transfer = await stuckTransfer(acme);
  for (let raise = 1; raise <= REPLACEMENTS_MAX; raise++) {
    await speedUp(acme, transfer);
    await work(acme, transfer);
    expect(await chain.pooled()).toEqual((await hashesOf(acme, transfer)).slice(-1));
  }
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({
    code: 'VERSION_CONFLICT',
    context: { reason: expect.stringContaining('5 times') as string },
  });
  const { versions } = await paymentOf(acme, transfer);
  const fees = versions.map(({ feeMax }) => feeMax);
  expect(fees).toEqual([...fees].toSorted((a, b) => (a < b ? -1 : 1)));
  expect(new Set(await hashesOf(acme, transfer)).size).toBe(1 + REPLACEMENTS_MAX);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});

test('nothing above the cap that the initiator signed is drafted', async () => {
  const [free] = (await paymentOf(acme, await stuckTransfer(acme))).versions;
  const cap = free.feeMax * 2n;
  const transfer = await pay(acme, { maxFee: cap.toString() });
  await carryOut(acme, transfer);
  const above = speedUp(acme, transfer, { maxFee: (cap + 1n).toString() });
  await expect(above).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'maxFee' },
  });
  const { feeMax: first } = (await paymentOf(acme, transfer)).versions[0];
  // A tenth more is what takes the other's place.
  await expect(speedUp(acme, transfer, { maxFee: first.toString() })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'maxFee', needed: expect.any(String) as string },
  });
  await chain.setBaseFee(500n * GWEI);
  // The network asks for more than the cap by now.
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'maxFee', reason: expect.stringContaining('the cap is') as string },
  });
  expect((await paymentOf(acme, transfer)).raises).toEqual([]);
});

test.each<[string, { readonly less: bigint; readonly nonce: bigint }, RegExp]>([
  ['another amount', { less: 1n, nonce: 0n }, /units/],
  ['another sequence number', { less: 0n, nonce: 1n }, /another sequence number/],
])(
  'a chain that returns %s, with a higher fee, is not believed',
  async (_, { less, nonce }, why) => {
    const transfer = await stuckTransfer(acme);
    const lie: Partial<ChainConnection> = {
      raiseFee: async (request) => {
        const payment = { to: VENDOR, asset: findAsset(USDC), units: transfer.units - less };
        const unsigned = await stage.connection.draft({ from: request.from, ...payment, nonce });
        return stage.connection.raiseFee({ ...request, unsigned });
      },
    };
    await expect(speedUp(withChain(acme, lie), transfer)).rejects.toMatchObject({
      code: 'EVIDENCE_REJECTED',
      message: expect.stringMatching(why) as string,
    });
    expect((await paymentOf(acme, transfer)).raises).toEqual([]);
  },
);

test('a chain that returns the same bytes again has raised nothing', async () => {
  const transfer = await stuckTransfer(acme);
  const same: Partial<ChainConnection> = {
    raiseFee: async ({ unsigned }) => ({ unsigned, isOutbid: true }),
  };
  await expect(speedUp(withChain(acme, same), transfer)).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
  });
  expect((await paymentOf(acme, transfer)).raises).toEqual([]);
});

test('a wallet that cannot pay the raised fee is told so', async () => {
  const transfer = await stuckTransfer(acme);
  const { versions } = await paymentOf(acme, transfer);
  await chain.command(
    'anvil_setBalance',
    acme.wallet.address,
    `0x${versions[0].feeMax.toString(16)}`,
  );
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  expect((await paymentOf(acme, transfer)).raises).toEqual([]);
});

test('only a payment on its way, of this organisation, is sped up, by who may ask for payments', async () => {
  const transfer = await pay(acme, { amount: dollars(20_000) });
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({
    code: 'VERSION_CONFLICT',
    context: { state: 'PENDING_APPROVAL' },
  });
  await cancelTransfer(acme.services, acme.alice.actor, transfer.id);
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  const foreign = await openAcme(stage);
  await expect(
    speedUpTransfer(stage.services, foreign.alice.actor, {
      transferId: transfer.id,
      externalId: 'foreign',
    }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const bobs = speedUpTransfer(stage.services, acme.bob.actor, {
    transferId: transfer.id,
    externalId: 'bobs',
  });
  await expect(bobs).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(speedUp(acme, transfer, { externalId: '' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  await expect(speedUp(acme, transfer, { maxFee: '-1' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('a payment that a block holds is not sped up, however few blocks follow', async () => {
  const shallow = withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' ? { ...status, confirmations: 0 } : status;
    },
  });
  const transfer = await stuckTransfer(shallow);
  await chain.mine();
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({
    code: 'VERSION_CONFLICT',
    context: { state: 'included' },
  });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});

test('what has expired is not signed again', async () => {
  const transfer = await stuckTransfer(acme);
  stage.pass(7 * DAY_MS);
  await expect(speedUp(acme, transfer)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  expect((await paymentOf(acme, transfer)).raises).toEqual([]);
});
