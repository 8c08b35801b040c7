import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  approvalOf,
  auditOf,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  reload,
  vote,
  USDC,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { findAsset } from '#chains/registry.ts';

let stage: WorkflowStage;

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(async () => {
  await stage.close();
});

test('a payment below the limit goes from its creation to the chain', async () => {
  const acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
  const before = await stage.connection.balances(VENDOR, [findAsset(USDC)]);
  const transfer = await pay(acme);
  expect(transfer.state).toBe('QUEUED');
  const done = await carryOut(acme, transfer);
  expect(done).toMatchObject({ state: 'CONFIRMED', waiting: null, reason: null });
  const after = await stage.connection.balances(VENDOR, [findAsset(USDC)]);
  expect((after[0]?.units ?? 0n) - (before[0]?.units ?? 0n)).toBe(5_000_000_000n);
  expect(await auditOf(acme, transfer.id)).toEqual([
    'transfer.created',
    'transfer.queued',
    'transfer.signing',
    'transfer.broadcast',
    'transfer.confirmed',
  ]);
  expect(stage.errors).toEqual([]);
});

test('a payment above the limit waits for a manager', async () => {
  const acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
  const transfer = await pay(acme, { amount: dollars(50_000) });
  expect(transfer.state).toBe('PENDING_APPROVAL');
  const approval = await approvalOf(acme, transfer);
  expect(await vote(acme, acme.bob, approval)).toMatchObject({ state: 'APPROVED' });
  expect(await reload(acme, transfer)).toMatchObject({ state: 'QUEUED' });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});
