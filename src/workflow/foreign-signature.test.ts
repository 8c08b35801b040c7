/** A corrupted signer has signatures of its own, and sends them when it likes. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ChainConnection, SealedTransaction } from '#chains/adapter.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { PlatformError } from '#core/errors.ts';
import { DAY_MS } from '#core/time.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  auditOf,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  releasedAt,
  reload,
  silent,
  USDC,
  withChain,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { rpc } from '#testing/chain-rpc.ts';
import { NETWORK, openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';

let stage: WorkflowStage;
let acme: Acme;
/** What the corrupted signer kept, oldest first. */
let leaked: SealedTransaction[];

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(async () => {
  await stage.close();
});

beforeEach(async () => {
  acme = await openAcme(stage, { limit: '6,000' });
  await fundWallet(stage, acme.wallet);
  leaked = [];
});

afterEach(() => {
  stage.cluster.refusal = undefined;
});

const unanswered = () =>
  Promise.reject(new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'a node fell silent' }));

/** The same organisation where a session's result is kept before anything else happens. */
const corrupted = (
  after: Acme['services']['cluster']['sign'],
  chain: Partial<ChainConnection> = {},
): Acme => ({
  ...acme,
  services: {
    ...acme.services,
    chains: { connection: () => ({ ...stage.connection, ...chain }) },
    cluster: {
      ...acme.services.cluster,
      async sign(request) {
        const { signatures } = await stage.cluster.sign(request);
        const network = findNetwork(NETWORK);
        const { unsigned } = request.mandate;
        const { address } = acme.wallet;
        leaked.push(verbsOf(network).seal(network, unsigned, signatures, address ?? ''));
        return after(request);
      },
    },
  },
});

async function include(sealed: SealedTransaction | undefined): Promise<SealedTransaction> {
  if (sealed === undefined) throw new Error('nothing was kept');
  await stage.connection.broadcast(sealed);
  while ((await stage.connection.status(sealed.hash)).state !== 'included') {
    await stage.services.clock.sleep(5);
  }
  return sealed;
}

const command = (method: string, ...params: readonly unknown[]) =>
  rpc(stage.anvil.url, method, ...params);

const sentOf = ({ id }: TransferRow) =>
  reader(acme.services.db).findOneOrFail(ChainTransaction, { transfer: id });
const vendorUnits = async () =>
  (await stage.connection.balances(VENDOR, [findAsset(USDC)]))[0]?.units ?? 0n;

/** In BROADCAST with bytes that have not reached the chain, beside another signature of them. */
async function unsentTwin(): Promise<TransferRow> {
  const transfer = await pay(acme);
  const sign = stage.cluster.sign.bind(stage.cluster);
  const cut = corrupted(sign, { broadcast: silent });
  expect(await carryOut(cut, transfer)).toMatchObject({ state: 'BROADCAST' });
  expect((await sentOf(transfer)).hash).not.toBe(leaked[0]?.hash);
  return transfer;
}

test('a payment that a signer sent first under its own signature is CONFIRMED, once', async () => {
  const transfer = await unsentTwin();
  const own = (await sentOf(transfer)).hash;
  const before = await vendorUnits();
  const twin = await include(leaked[0]);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', reason: null });
  expect(await sentOf(transfer)).toMatchObject({ hash: twin.hash, raw: twin.raw });
  expect(await releasedAt(acme, transfer)).toBeNull();
  expect((await vendorUnits()) - before).toBe(5_000_000_000n);
  expect((await auditOf(acme, transfer.id)).slice(-3)).toEqual([
    'transfer.broadcast',
    'transfer.foreign-signature',
    'transfer.confirmed',
  ]);
  const action = { subject: transfer.id, action: 'transfer.foreign-signature' };
  const { detail } = await reader(acme.services.db).findOneOrFail(AuditEntry, action);
  expect(detail).toEqual({ hash: twin.hash, insteadOf: own, nonce: '0' });
  expect(JSON.stringify(stage.errors)).toContain(twin.hash);
});

test('the other signature is found too where the node complains of the empty wallet', async () => {
  const transfer = await unsentTwin();
  await include(leaked[0]);
  const reason = { reason: 'the wallet cannot pay' };
  const poor = withChain(acme, {
    broadcast: () => Promise.reject(new PlatformError('INSUFFICIENT_FUNDS', reason)),
  });
  expect(await carryOut(poor, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});

test('the adopted form waits for its depth, and is sent again when the chain takes it back', async () => {
  const transfer = await unsentTwin();
  const before = await command('evm_snapshot');
  const twin = await include(leaked[0]);
  await carryOut(acme, transfer);
  const shallow = withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' ? { ...status, confirmations: 0 } : status;
    },
  });
  expect(await carryOut(shallow, transfer)).toMatchObject({ state: 'BROADCAST' });
  await command('evm_revert', before);
  expect(await stage.connection.status(twin.hash)).toEqual({ state: 'unknown' });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect((await stage.connection.status(twin.hash)).state).toBe('included');
});

test('while the chain cannot tell who used the number the transfer waits', async () => {
  const transfer = await unsentTwin();
  await include(leaked[0]);
  for (const [transactionWith, code] of [
    [silent, 'CHAIN_UNAVAILABLE'],
    [async () => undefined, 'VERSION_CONFLICT'],
  ] as const) {
    expect(await carryOut(withChain(acme, { transactionWith }), transfer)).toMatchObject({
      state: 'BROADCAST',
      waiting: { code },
    });
  }
  await carryOut(acme, transfer);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});

/** FAILED by the nodes' refusal, after a try whose signature a corrupted one kept. */
async function refusedAfterLeak(): Promise<TransferRow> {
  const transfer = await pay(acme);
  const hidden = await carryOut(corrupted(unanswered), transfer);
  expect(hidden).toMatchObject({ state: 'SIGNING' });
  stage.cluster.refusal = 'the intent has expired';
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'FAILED' });
  stage.cluster.refusal = undefined;
  return transfer;
}

test('what the nodes refused in the end counts until another transaction takes its number', async () => {
  const refused = await refusedAfterLeak();
  await carryOut(acme, refused);
  expect(await releasedAt(acme, refused)).toBeNull();
  expect((await pay(acme)).reason?.code).toBe('LIMIT_EXCEEDED');
  stage.pass(2 * DAY_MS);
  expect((await pay(acme)).reason?.code).toBe('LIMIT_EXCEEDED');

  const next = await pay(acme, { amount: dollars(1_000) });
  expect(await carryOut(acme, next)).toMatchObject({ state: 'CONFIRMED' });
  expect((await sentOf(next)).nonce).toBe((await sentOf(refused)).nonce);
  await carryOut(withChain(acme, { transactionWith: silent }), refused);
  expect(await releasedAt(acme, refused)).toBeNull();
  expect(await carryOut(acme, refused)).toMatchObject({ state: 'FAILED', dueAt: null });
  expect(await releasedAt(acme, refused)).not.toBeNull();
  expect((await auditOf(acme, refused.id)).at(-1)).toBe('transfer.released');
  expect(await pay(acme)).toMatchObject({ state: 'QUEUED' });
});

test('a refused transfer that is paid all the same says so, and keeps counting', async () => {
  const refused = await refusedAfterLeak();
  const twin = await include(leaked[0]);
  const shallow = withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' ? { ...status, confirmations: 0 } : status;
    },
  });
  expect((await carryOut(shallow, refused)).reason?.code).toBe('EVIDENCE_REJECTED');
  const paid = await carryOut(acme, refused);
  expect(paid).toMatchObject({ state: 'FAILED', dueAt: null });
  expect(paid.reason).toMatchObject({
    code: 'PAID_AFTER_REFUSAL',
    message: expect.stringContaining(twin.hash) as string,
  });
  expect((await sentOf(refused)).hash).toBe(twin.hash);
  expect(await releasedAt(acme, refused)).toBeNull();
  expect((await pay(acme)).reason?.code).toBe('LIMIT_EXCEEDED');
  expect((await auditOf(acme, refused.id)).at(-1)).toBe('transfer.paid-after-refusal');
  stage.pass(2 * DAY_MS);
  expect(await pay(acme)).toMatchObject({ state: 'QUEUED' });
});

test.each(['in flight', 'confirmed'])(
  'one transaction is never two payments: equal bytes belong to the transfer that is %s',
  async (order) => {
    acme = await openAcme(stage);
    await fundWallet(stage, acme.wallet);
    const refused = await refusedAfterLeak();
    const { unsigned } = await sentOf(refused);
    const again = await pay(acme);
    const same = withChain(acme, {
      draft: async () => unsigned,
      broadcast: silent,
    });
    expect(await carryOut(same, again)).toMatchObject({ state: 'BROADCAST' });
    const twin = await include(leaked[0]);
    const settle = async () => {
      await carryOut(acme, again);
      expect(await carryOut(acme, again)).toMatchObject({ state: 'CONFIRMED' });
      expect((await sentOf(again)).hash).toBe(twin.hash);
    };
    if (order === 'confirmed') await settle();
    expect(await carryOut(acme, refused)).toMatchObject({ state: 'FAILED', dueAt: null });
    expect((await reload(acme, refused)).reason?.code).toBe('EVIDENCE_REJECTED');
    expect(await releasedAt(acme, refused)).not.toBeNull();
    if (order === 'in flight') await settle();
  },
);
