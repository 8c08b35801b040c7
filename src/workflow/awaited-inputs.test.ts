/** Screening, from the provider's answer to the decision. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { reader } from '#persistence/database.ts';
import { decisionsAbout } from '#persistence/policy-decision.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  approvalOf,
  auditOf,
  dollars,
  openAcme,
  pay,
  publish,
  releasedAt,
  reload,
  transferInput,
  vote,
} from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceTransfer } from './advance-transfer.ts';
import { SCREENING_WAIT_MAX_MS } from './awaited-inputs.ts';
import type { ScreeningAnswer, ScreeningRequest } from './screening.ts';
import { simulateTransfer } from './simulate-transfer.ts';
import { cancelTransfer } from './transfer.ts';

const RULES = `rule screen-high "Screen every payment" {
  applies to transfer
  when    screening.alert-level >= HIGH
  then    block "Screening found a high risk"
  if missing data then require approval by 1 of managers
  because "A provider that fails must not stop every payment"
}

rule screen-medium {
  when    screening.alert-level is MEDIUM or screening.risk-score > 70
  then    require approval by 1 of managers
  if missing data then allow
  because "The rule above asks for approval already"
}
`;

let stage: WorkflowStage;
let acme: Acme;
let answer: ScreeningAnswer;
const asked: ScreeningRequest[] = [];

beforeAll(async () => {
  stage = await openWorkflowStage();
  const screening = {
    screen: async (request: ScreeningRequest) => {
      asked.push(request);
      return answer;
    },
  };
  acme = await openAcme({ ...stage, services: { ...stage.services, screening } }, { more: RULES });
});
afterAll(() => stage.close());

beforeEach(() => {
  asked.length = 0;
  answer = { status: 'done', result: { alertLevel: 'LOW', riskScore: '10' } };
});

const done = (result: Extract<ScreeningAnswer, { status: 'done' }>['result']) => {
  answer = { status: 'done', result };
};

const decisionOf = async ({ id }: TransferRow) =>
  (await decisionsAbout(reader(acme.services.db), acme.organization, id)).at(-1);

test('a policy that reads screening has it asked, once, about this payment', async () => {
  const transfer = await pay(acme);
  expect(transfer.state).toBe('QUEUED');
  expect(asked).toEqual([
    {
      reference: transfer.id,
      activity: 'transfer',
      network: 'local-evm',
      asset: transfer.asset,
      units: transfer.units,
      from: acme.wallet.address,
      to: transfer.recipient,
    },
  ]);
  expect((await decisionOf(transfer))?.snapshot).toContain(
    '"screening":{"alertLevel":"LOW","riskScore":{"scale":0,"scaled":"10"}}',
  );
});

test('a policy that does not read it has nobody asked', async () => {
  const plain = await openAcme(acme.stage);
  await pay(plain);
  expect(asked).toEqual([]);
});

test.each<[string, ScreeningAnswer, string]>([
  ['a high alert blocks', { status: 'done', result: { alertLevel: 'SEVERE' } }, 'REJECTED'],
  [
    'a medium alert asks for approval',
    { status: 'done', result: { alertLevel: 'MEDIUM' } },
    'PENDING_APPROVAL',
  ],
  [
    'a high score asks for approval',
    { status: 'done', result: { alertLevel: 'NONE', riskScore: '70.01' } },
    'PENDING_APPROVAL',
  ],
  [
    'a failure takes the fallback of the rule',
    { status: 'failed', failure: 'unscreenable', message: 'a fresh address' },
    'PENDING_APPROVAL',
  ],
])('%s', async (_, given, state) => {
  answer = given;
  const transfer = await pay(acme);
  expect(transfer.state).toBe(state);
  if (given.status !== 'failed') return;
  const { snapshot, trace } = (await decisionOf(transfer)) ?? {};
  expect(snapshot).toContain('"failure":"unscreenable"');
  expect(trace).toContain('a fresh address');
});

test('while the provider is at it the transfer waits, and its amount counts', async () => {
  answer = { status: 'pending' };
  const transfer = await pay(acme);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'PENDING_POLICY',
    decision: null,
    policyVersion: 1,
    waiting: { code: 'SCREENING_UNAVAILABLE' },
  });
  expect(await releasedAt(acme, transfer)).toBeNull();
  const tooMuch = await pay(acme, { amount: dollars(249_000) });
  await advanceTransfer(acme.services, transfer.id);
  expect((await reload(acme, transfer)).state).toBe('PENDING_POLICY');
  done({ alertLevel: 'NONE', riskScore: '1' });
  await advanceTransfer(acme.services, transfer.id);
  await advanceTransfer(acme.services, tooMuch.id);
  expect(await reload(acme, transfer)).toMatchObject({
    state: expect.stringMatching(/QUEUED|SIGNING/) as string,
    waiting: null,
  });
  expect((await reload(acme, tooMuch)).reason?.code).toBe('LIMIT_EXCEEDED');
  expect((await auditOf(acme, transfer.id)).slice(0, 2)).toEqual([
    'transfer.created',
    'transfer.queued',
  ]);
});

test('a provider that never ends counts as one that failed', async () => {
  answer = { status: 'pending' };
  const transfer = await pay(acme);
  stage.pass(SCREENING_WAIT_MAX_MS);
  await advanceTransfer(acme.services, transfer.id);
  expect((await reload(acme, transfer)).state).toBe('PENDING_APPROVAL');
  expect((await decisionOf(transfer))?.snapshot).toContain('"failure":"provider-failure"');
});

test('a payment that waits for its screening is withdrawn like any other', async () => {
  answer = { status: 'pending' };
  const transfer = await pay(acme);
  await cancelTransfer(acme.services, acme.alice.actor, transfer.id);
  expect(await releasedAt(acme, transfer)).not.toBeNull();
  done({ alertLevel: 'NONE' });
  await advanceTransfer(acme.services, transfer.id);
  expect((await reload(acme, transfer)).state).toBe('CANCELLED');
});

test('an approval is screened again, and is not cast while the provider is at it', async () => {
  done({ alertLevel: 'MEDIUM' });
  const transfer = await pay(acme);
  const approval = await approvalOf(acme, transfer);
  answer = { status: 'pending' };
  await expect(vote(acme, acme.bob, approval)).rejects.toMatchObject({
    code: 'SCREENING_UNAVAILABLE',
  });
  done({ alertLevel: 'HIGH' });
  await vote(acme, acme.bob, approval);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'REJECTED',
    reason: { message: 'Screening found a high risk' },
  });
});

test('a queued payment is screened when a policy begins to read it', async () => {
  const plain = await openAcme(acme.stage);
  const transfer = await pay(plain);
  await publish(plain.services, plain.carol, { version: 2, more: RULES });
  done({ alertLevel: 'HIGH' });
  await advanceTransfer(plain.services, transfer.id);
  expect(asked).toHaveLength(1);
  expect((await reload(plain, transfer)).reason?.message).toContain('high risk');
});

test('where nobody screens, the simulation says so', async () => {
  const { screening: _, ...services } = acme.services;
  const input = transferInput(acme);
  const { decided } = await simulateTransfer(services, acme.alice.actor, input);
  expect(decided.trace.outcome).toBe('PENDING');
  expect(decided.texts.trace).toContain('no screening provider is set up here');
});
