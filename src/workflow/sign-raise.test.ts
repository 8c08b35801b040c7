/** What may happen while a higher fee is signed and sent. */
import { afterEach, expect, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import { reader } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { type Acme, auditOf, carryOut, withChain } from '#testing/acme.ts';
import {
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
import { seal as sealOf } from './sign-transfer.ts';

let stage: WorkflowStage;
let chain: SlowChain;
let acme: Acme;

onSlowChain((each) => ({ stage, chain, acme } = each));

afterEach(() => {
  stage.cluster.refusal = undefined;
});

test('the first transaction is mined while the nodes sign the next: it is the payment', async () => {
  const before = await chain.paid();
  const transfer = await stuckTransfer(acme);
  const [first] = await hashesOf(acme, transfer);
  await speedUp(acme, transfer);
  const meanwhile: Acme = {
    ...acme,
    services: {
      ...acme.services,
      cluster: {
        ...acme.services.cluster,
        sign: async (request) => {
          const signed = await stage.cluster.sign(request);
          await chain.mine();
          return signed;
        },
      },
    },
  };
  expect(await carryOut(meanwhile, transfer)).toMatchObject({ state: 'BROADCAST' });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  expect((await paymentOf(acme, transfer)).first).toMatchObject({ minedHash: first });
  expect((await chain.paid()) - before).toBe(transfer.units);
  expect(await auditOf(acme, transfer.id)).toEqual([...SENT, ...SPED_UP, 'transfer.confirmed']);
});

/** On a chain where no block is deep enough yet. */
const shallow = (): Acme =>
  withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' ? { ...status, confirmations: 0 } : status;
    },
  });

test('the first transaction is mined before the nodes are asked: they are asked no more', async () => {
  const transfer = await stuckTransfer(acme);
  await speedUp(acme, transfer);
  await chain.mine();
  const { signed } = stage.cluster;
  const waiting = await carryOut(shallow(), transfer);
  expect(waiting).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect(stage.cluster.signed).toBe(signed);
  expect(await hashesOf(acme, transfer)).toMatchObject([expect.any(String), 'unsigned']);
});

test('a branch that is given up takes one version away, and the other branch has the other', async () => {
  const before = await chain.paid();
  const unsettled = shallow();
  const transfer = await stuckTransfer(unsettled);
  await speedUp(unsettled, transfer);
  await work(unsettled, transfer);
  const [first = '', raised = ''] = await hashesOf(acme, transfer);
  const { versions } = await paymentOf(acme, transfer);
  const snapshot = await chain.command('evm_snapshot');
  await chain.mine();
  expect(await carryOut(unsettled, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect((await stage.connection.status(raised)).state).toBe('included');
  await chain.command('evm_revert', snapshot);
  await chain.command('anvil_dropAllTransactions');
  const bytes = Buffer.from(versions[0].raw ?? []).toString('hex');
  await chain.command('eth_sendRawTransaction', `0x${bytes}`);
  await chain.mine();
  expect((await stage.connection.status(first)).state).toBe('included');
  expect(await carryOut(unsettled, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect((await paymentOf(acme, transfer)).first).toMatchObject({ minedHash: first });
  expect((await chain.paid()) - before).toBe(transfer.units);
});

test('a refusal by the nodes is told, and the payment goes on with the fee that it had', async () => {
  const transfer = await stuckTransfer(acme);
  await speedUp(acme, transfer);
  stage.cluster.refusal = 'the wallet is frozen here';
  expect(await work(acme, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  const [raise] = (await paymentOf(acme, transfer)).raises;
  expect(raise).toMatchObject({ raw: null, refusal: { code: 'EVIDENCE_REJECTED' } });
  stage.cluster.refusal = undefined;
  // The nodes may have it in writing: the next one costs more than that.
  await speedUp(acme, transfer);
  await work(acme, transfer);
  const [, refused, next] = (await paymentOf(acme, transfer)).versions;
  expect(next?.feeMax).toBeGreaterThan(refused?.feeMax ?? 0n);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect(await auditOf(acme, transfer.id)).toEqual([
    ...SENT,
    'transfer.speed-up-requested',
    'transfer.speed-up-refused',
    ...SPED_UP,
    'transfer.confirmed',
  ]);
});

test('while the signers are away the payment is still followed, and confirmed by its first fee', async () => {
  const transfer = await stuckTransfer(acme);
  await speedUp(acme, transfer);
  stage.cluster.running.clear();
  try {
    expect(await carryOut(acme, transfer)).toMatchObject({
      state: 'BROADCAST',
      waiting: { code: 'SIGNERS_UNAVAILABLE' },
    });
    await chain.mine();
    expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  } finally {
    for (const party of [1, 2, 3]) stage.cluster.running.add(party);
  }
});

test('what a signer kept of a raise that was refused is followed when a block has it', async () => {
  const before = await chain.paid();
  const transfer = await stuckTransfer(acme);
  await speedUp(acme, transfer);
  const kept: (() => Promise<void>)[] = [];
  const corrupted: Acme = {
    ...acme,
    services: {
      ...acme.services,
      cluster: {
        ...acme.services.cluster,
        sign: async (request) => {
          const { signatures } = await stage.cluster.sign(request);
          const { first } = await paymentOf(acme, transfer);
          const sealed = sealOf(first, request.mandate.unsigned, signatures);
          kept.push(() => stage.connection.broadcast(sealed));
          stage.cluster.refusal = 'refused in the end';
          return stage.cluster.sign(request);
        },
      },
    },
  };
  await work(corrupted, transfer);
  expect((await paymentOf(acme, transfer)).raises[0]).toMatchObject({ raw: null });
  await chain.command('anvil_dropAllTransactions');
  await kept[0]?.();
  await chain.mine();
  expect(await work(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  const { first, raises } = await paymentOf(acme, transfer);
  expect(first.minedHash).toBe(raises[0]?.hash);
  expect((await chain.paid()) - before).toBe(transfer.units);
});

test('an endpoint that takes no higher fee is given what it knows, and nothing is lost', async () => {
  const transfer = await stuckTransfer(acme);
  await speedUp(acme, transfer);
  await carryOut(acme, transfer);
  const [first, raised] = await hashesOf(acme, transfer);
  const sent: string[] = [];
  const stubborn = withChain(acme, {
    broadcast: async (sealed) => {
      sent.push(sealed.hash);
      if (sealed.hash === raised) {
        throw new PlatformError('VERSION_CONFLICT', { reason: 'underpriced' });
      }
      return stage.connection.broadcast(sealed);
    },
  });
  expect(await carryOut(stubborn, transfer)).toMatchObject({ state: 'BROADCAST', waiting: null });
  expect(sent).toEqual([raised, first]);
});

test('what was signed stands against limits from the moment of its newest signature', async () => {
  const transfer = await stuckTransfer(acme);
  const db = () => reader(acme.services.db);
  const { at: before } = await db().findOneOrFail(Reservation, { transfer: transfer.id });
  stage.pass(60_000);
  await speedUp(acme, transfer);
  await work(acme, transfer);
  const reservation = await db().findOneOrFail(Reservation, { transfer: transfer.id });
  expect(reservation.at - before).toBeGreaterThanOrEqual(60_000);
  expect(reservation.releasedAt).toBeNull();
});
