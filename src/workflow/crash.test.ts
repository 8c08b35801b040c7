import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAsset } from '#chains/registry.ts';
import { reader } from '#persistence/database.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  approvalOf,
  auditOf,
  beginAndSign,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  transferInput,
  USDC,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { crashing, type CrashPoint } from '#testing/crashing.ts';
import {
  hashesOf,
  impatient,
  paymentOf,
  slowChain,
  SPED_UP,
  speedUp,
  stuckTransfer,
  work,
} from '#testing/slow-chain.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceKey } from './advance-key.ts';
import { createTransfer } from './create-transfer.ts';
import { decideApproval } from './decide-approval.ts';
import { generateKey } from './generate-key.ts';
import { createKey, readKey, refreshKey } from './key.ts';
import { createWallet, readWallet } from './wallet.ts';

const STEPS = [
  'transfer.created',
  'transfer.queued',
  'transfer.signing',
  'transfer.broadcast',
  'transfer.confirmed',
];

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage, { limit: '9,000,000' });
  await fundWallet(stage, acme.wallet);
});

afterAll(async () => {
  await stage.close();
});

const vendorBalance = async () =>
  (await stage.connection.balances(VENDOR, [findAsset(USDC)]))[0]?.units ?? 0n;
const sentByWallet = () => stage.connection.nextNonce(acme.wallet.address ?? '');

/** Runs the jobs in a process that dies at the point, and then in one that lives. */
async function outlive(transfer: TransferRow, point?: CrashPoint): Promise<readonly string[]> {
  const dying = crashing(stage.services, point);
  const outcome = carryOut({ ...acme, services: dying.services }, transfer);
  // A process whose connection is cut lives on, and tries again by itself.
  if (point?.at === 'after') await expect(outcome).rejects.toThrow();
  else await outcome;
  const before = { balance: await vendorBalance(), sent: await sentByWallet() };
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  expect((await vendorBalance()) - before.balance).toBeLessThanOrEqual(transfer.units);
  expect((await sentByWallet()) - before.sent).toBeLessThanOrEqual(1n);
  return dying.effects;
}

/** One transaction on the chain, one audit entry for each step, whatever happened in between. */
async function requireOnePayment(transfer: TransferRow, before: { balance: bigint; sent: bigint }) {
  expect((await vendorBalance()) - before.balance).toBe(transfer.units);
  expect((await sentByWallet()) - before.sent).toBe(1n);
  expect(await auditOf(acme, transfer.id)).toEqual(STEPS);
  const rows = await reader(acme.services.db).count(ChainTransaction, { transfer: transfer.id });
  expect(rows).toBe(1);
}

/** Dying after an effect is dying before the next one. */
test('a process that dies between any two effects leaves one payment and one entry a step', async () => {
  const first = await pay(acme);
  const effects = await outlive(first);
  expect(effects).toContain('sign');
  expect(effects.filter((effect) => effect === 'transaction').length).toBeGreaterThanOrEqual(4);
  for (const [index, name] of effects.entries()) {
    for (const at of name === 'transaction' ? (['cut', 'after'] as const) : AFTER) {
      const before = { balance: await vendorBalance(), sent: await sentByWallet() };
      const transfer = await pay(acme, { amount: '1' });
      await outlive(transfer, { effect: index + 1, at });
      await requireOnePayment(transfer, before);
    }
  }
});

const AFTER = ['after'] as const;

/** From the request on; the nodes sign, the bytes are stored and sent, and a block comes at the end. */
async function outliveRaise(point?: CrashPoint): Promise<readonly string[]> {
  const slow = slowChain(stage);
  await slow.stop();
  const transfer = await stuckTransfer(impatient(acme));
  const [first = ''] = await hashesOf(acme, transfer);
  await speedUp(acme, transfer);
  const dying = crashing(impatient(acme).services, point);
  const outcome = work({ ...acme, services: dying.services }, transfer);
  if (point?.at === 'after') await expect(outcome).rejects.toThrow();
  else await outcome;
  await work(impatient(acme), transfer);
  const [, raised = ''] = await hashesOf(acme, transfer);
  expect(await slow.pooled()).toEqual([raised]);
  expect(raised).not.toBe(first);
  const before = await vendorBalance();
  await slow.mine();
  expect(await carryOut(impatient(acme), transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect((await vendorBalance()) - before).toBe(transfer.units);
  expect(await auditOf(acme, transfer.id)).toEqual([
    ...STEPS.slice(0, -1),
    ...SPED_UP,
    'transfer.confirmed',
  ]);
  expect((await paymentOf(acme, transfer)).first.minedHash).toBe(raised);
  return dying.effects;
}

test('a process that dies between any two effects of a raised fee leaves one payment and one raise', async () => {
  try {
    const effects = await outliveRaise();
    expect(effects.filter((effect) => effect === 'sign')).toHaveLength(1);
    expect(effects.filter((effect) => effect === 'broadcast').length).toBeGreaterThanOrEqual(2);
    for (const [index, name] of effects.entries()) {
      // To die after a question that changes nothing is to die after what was done before it.
      if (!['transaction', 'sign', 'broadcast'].includes(name)) continue;
      for (const at of name === 'transaction' ? (['cut', 'after'] as const) : AFTER) {
        await outliveRaise({ effect: index + 1, at });
      }
    }
  } finally {
    await slowChain(stage).goOn();
  }
});

test.each(['before', 'cut', 'after'] as const)(
  'createTransfer in a process that dies %s its commit is made once by the retry',
  async (at) => {
    const input = transferInput(acme);
    const signed = await beginAndSign(stage.services, acme.alice, {
      operation: 'createTransfer',
      input,
    });
    const dying = crashing(stage.services, { effect: 1, at });
    await expect(createTransfer(dying.services, acme.alice.actor, input, signed)).rejects.toThrow();
    const transfer = await createTransfer(stage.services, acme.alice.actor, input, signed);
    expect(await auditOf(acme, transfer.id)).toEqual(STEPS.slice(0, 2));
  },
);

test.each(['before', 'cut', 'after'] as const)(
  'decideApproval in a process that dies %s its commit counts once',
  async (at) => {
    const transfer = await pay(acme, { amount: dollars(20_000) });
    const approval = await approvalOf(acme, transfer);
    const input = { approvalId: approval.id, decision: 'APPROVE' as const };
    const action = { operation: 'decideApproval', input } as const;
    const signed = await beginAndSign(stage.services, acme.bob, action);
    const dying = crashing(stage.services, { effect: 1, at });
    await expect(decideApproval(dying.services, acme.bob.actor, input, signed)).rejects.toThrow();
    const again = decideApproval(stage.services, acme.bob.actor, input, signed);
    if (at === 'after') await expect(again).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
    else expect(await again).toMatchObject({ state: 'APPROVED' });
    expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
    expect(await auditOf(acme, approval.id)).toEqual(['approval.voted']);
  },
);

async function newKey() {
  const input = { name: 'Treasury', scheme: 'ecdsa-secp256k1' };
  const signed = await beginAndSign(stage.services, acme.ada, { operation: 'createKey', input });
  return createKey(stage.services, acme.ada.actor, input, signed);
}

async function refreshed(keyId: string) {
  const input = { keyId };
  const signed = await beginAndSign(stage.services, acme.ada, { operation: 'refreshKey', input });
  await refreshKey(stage.services, acme.ada.actor, input, signed);
}

async function newWallet(keyId: string) {
  const input = { network: 'local-evm', name: 'Child', keyId };
  const signed = await beginAndSign(stage.services, acme.ada, { operation: 'createWallet', input });
  return createWallet(stage.services, acme.ada.actor, input, signed);
}

const POINTS: readonly (CrashPoint | undefined)[] = [
  undefined,
  { effect: 1, at: 'before' },
  { effect: 1, at: 'after' },
  { effect: 2, at: 'before' },
  { effect: 2, at: 'cut' },
  { effect: 2, at: 'after' },
];

test.each(POINTS.map((point) => [JSON.stringify(point ?? 'never'), point] as const))(
  'a process that dies at %s while keys and wallets are made leaves each made once',
  async (_, point) => {
    /** In a process that dies, and then in one that lives. */
    const twice = async (work: (services: typeof stage.services) => Promise<void>) => {
      await work(crashing(stage.services, point).services).catch(() => undefined);
      await work(stage.services);
    };
    const key = await newKey();
    await twice((services) => advanceKey(services, key.id));
    await refreshed(key.id);
    await twice((services) => advanceKey(services, key.id));
    const wallet = await newWallet(key.id);
    await twice((services) => generateKey(services, wallet.id));
    const { actor } = acme.ada;
    expect(await readKey(stage.services, actor, key.id)).toMatchObject({
      state: 'ACTIVE',
      task: null,
    });
    expect(await readWallet(stage.services, actor, wallet.id)).toMatchObject({ state: 'ACTIVE' });
    expect(await auditOf(acme, key.id)).toEqual([
      'key.created',
      'key.active',
      'key.refresh-requested',
      'key.refreshed',
    ]);
    expect(await auditOf(acme, wallet.id)).toEqual(['wallet.created', 'wallet.active']);
  },
);
