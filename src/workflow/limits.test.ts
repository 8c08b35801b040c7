/** What a limit over a moving window counts, with real reservations and payments. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, instant } from '#core/time.ts';
import { approvalOf, carryOut, dollars, fundWallet, openAcme, pay, vote } from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';

let stage: WorkflowStage;

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(async () => {
  await stage.close();
});

test('what left a day ago no longer counts, and what has not left yet still does', async () => {
  const small = await openAcme(stage, { limit: '1,000' });
  await fundWallet(stage, small.wallet);
  const first = await pay(small, { amount: dollars(1_000) });
  expect((await pay(small, { amount: '1' })).reason?.code).toBe('LIMIT_EXCEEDED');
  stage.pass(DAY_MS);
  expect((await pay(small, { amount: '1' })).reason?.code).toBe('LIMIT_EXCEEDED');
  expect((await carryOut(small, first)).state).toBe('CONFIRMED');
  stage.pass(DAY_MS - 60_000);
  expect((await pay(small, { amount: '1' })).reason?.code).toBe('LIMIT_EXCEEDED');
  stage.pass(60_000);
  expect((await pay(small, { amount: dollars(1_000) })).state).toBe('QUEUED');
});

test('a payment that is approved at the end of its day does not double the limit', async () => {
  const small = await openAcme(stage, { limit: '250,000' });
  await fundWallet(stage, small.wallet);
  const held = await pay(small, { amount: dollars(200_000) });
  stage.pass(DAY_MS - 60_000);
  await vote(small, small.bob, await approvalOf(small, held));
  expect((await carryOut(small, held)).state).toBe('CONFIRMED');
  stage.pass(120_000);
  const next = await pay(small, { amount: dollars(200_000) });
  expect(next.reason?.code).toBe('LIMIT_EXCEEDED');
});

test('a gateway whose clock is behind sees what the others reserved', async () => {
  const small = await openAcme(stage, { limit: '1,000' });
  const { services } = small;
  const behind = {
    ...services,
    clock: { ...services.clock, now: () => instant(services.clock.now() - 5_000) },
  };
  expect((await pay(small, { amount: dollars(1_000) })).state).toBe('QUEUED');
  const second = await pay({ ...small, services: behind }, { amount: dollars(1_000) });
  expect(second.reason?.code).toBe('LIMIT_EXCEEDED');
});
