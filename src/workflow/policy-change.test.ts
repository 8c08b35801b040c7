/** What becomes of transfers that wait while the policy changes. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  auditOf,
  carryOut,
  fundWallet,
  openAcme,
  pay,
  publish,
  releasedAt,
  reload,
  silent,
  withChain,
} from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceTransfer } from './advance-transfer.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
});
afterAll(() => stage.close());

beforeEach(async () => {
  acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
  stage.cluster.running.add(1).add(2).add(3);
});

test('each decision of a queued transfer stands in the log', async () => {
  const { services } = withChain(acme, { draft: silent });
  const transfer = await pay(acme);
  for (const version of [2, 3]) {
    await publish(acme.services, acme.carol, { version });
    await advanceTransfer(services, transfer.id);
  }
  expect((await reload(acme, transfer)).state).toBe('QUEUED');
  const entries = await reader(acme.services.db).find(
    AuditEntry,
    { subject: transfer.id, action: 'transfer.decided' },
    { orderBy: { sequence: 'asc' } },
  );
  expect(entries.map(({ detail }) => detail)).toMatchObject(
    [2, 3].map((version) => ({
      state: 'QUEUED',
      policy: { version },
      decision: { decision: { outcome: 'ALLOW' } },
    })),
  );
});

/** A transfer in SIGNING, whose signers do not answer. */
async function waitForSigners(): Promise<TransferRow> {
  stage.cluster.running.clear();
  const transfer = await pay(acme);
  await carryOut(acme, transfer);
  const waiting = await reload(acme, transfer);
  expect(waiting).toMatchObject({ state: 'SIGNING', waiting: { code: 'SIGNERS_UNAVAILABLE' } });
  return waiting;
}

const signersReturn = () => stage.cluster.running.add(1).add(2).add(3);

test.each([
  ['blocks it', { limit: '1' }, 'LIMIT_EXCEEDED'],
  ['asks for approval', { approvalAbove: '1' }, 'POLICY_STALE'],
])(
  'a policy that %s while the signers are awaited ends it, unsigned, and the next payment goes on',
  async (_, shape, code) => {
    const transfer = await waitForSigners();
    const { signed } = stage.cluster;
    await publish(acme.services, acme.carol, { version: 2, ...shape });
    signersReturn();
    expect(await carryOut(acme, transfer)).toMatchObject({ state: 'FAILED', reason: { code } });
    expect(stage.cluster.signed).toBe(signed);
    // The nodes may have signed before: until its sequence number is used it counts as paid.
    expect(await releasedAt(acme, transfer)).toBeNull();
    await publish(acme.services, acme.carol, { version: 3 });
    expect(await carryOut(acme, await pay(acme))).toMatchObject({ state: 'CONFIRMED' });
  },
);

test('a policy that still allows it while the signers are awaited is the one that is signed under', async () => {
  const transfer = await waitForSigners();
  await publish(acme.services, acme.carol, { version: 2 });
  signersReturn();
  const paid = await carryOut(acme, transfer);
  expect(paid).toMatchObject({ state: 'CONFIRMED', policyVersion: 2 });
  const steps = await auditOf(acme, transfer.id);
  expect(steps.filter((step) => step === 'transfer.decided')).toHaveLength(1);
});

test('nothing is signed while a changed policy cannot be asked for want of a price', async () => {
  const transfer = await waitForSigners();
  await publish(acme.services, acme.carol, { version: 2 });
  const quotes = stage.quotes.splice(0);
  signersReturn();
  await advanceTransfer(acme.services, transfer.id);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'SIGNING',
    waiting: { code: 'PRICE_UNAVAILABLE' },
  });
  stage.quotes.push(...quotes);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});
