/** What becomes of transfers that wait while the policy changes. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Approval } from '#persistence/approval.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  auditOf,
  beginAndSign,
  carryOut,
  fundWallet,
  openAcme,
  pay,
  publish,
  releasedAt,
  reload,
  silent,
  vote,
  withChain,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceTransfer } from './advance-transfer.ts';
import { freezeWallet, unfreezeWallet } from './freezing.ts';
import { setAddressList, setGroup } from './registry.ts';
import { updateWallet } from './update-wallet.ts';

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

test('a payment from a frozen wallet waits, and goes on when two people have released it', async () => {
  const waiting = await waitForSigners();
  signersReturn();
  const { services, bob, ada } = acme;
  const input = { walletId: acme.wallet.id };
  const asked = (operation: 'freezeWallet' | 'unfreezeWallet') =>
    beginAndSign(services, bob, { operation, input });
  await freezeWallet(services, bob.actor, input, await asked('freezeWallet'));
  await carryOut(acme, waiting);
  const locked = { code: 'KEY_LOCKED', message: expect.stringMatching(/the wallet is frozen/) };
  expect(await reload(acme, waiting)).toMatchObject({ state: 'SIGNING', waiting: locked });
  const signed = await asked('unfreezeWallet');
  const { id: change } = await unfreezeWallet(services, bob.actor, input, signed);
  await carryOut(acme, waiting);
  expect(await reload(acme, waiting)).toMatchObject({ state: 'SIGNING', waiting: locked });
  await vote(acme, ada, await reader(services.db).findOneOrFail(Approval, { change }));
  await carryOut(acme, waiting);
  expect((await reload(acme, waiting)).state).toBe('CONFIRMED');
});

test('a queued transfer is decided again when a list of the registry has changed', async () => {
  const { carol } = acme;
  const { services } = withChain(acme, { draft: silent });
  const setVendors = async (...addresses: string[]) => {
    const entries = addresses.map((address) => ({ label: '', network: 'local-evm', address }));
    const input = { name: 'approved-vendors', entries };
    const request = { operation: 'setAddressList', input } as const;
    await setAddressList(
      services,
      carol.actor,
      input,
      await beginAndSign(services, carol, request),
    );
  };
  const group = { name: 'managers', members: ['bob@acme.example'] };
  const signed = await beginAndSign(services, carol, { operation: 'setGroup', input: group });
  await setGroup(services, carol.actor, group, signed);
  await setVendors(VENDOR);
  await publish(services, carol, { version: 2, isRegistered: true });
  const transfer = await pay(acme);
  await advanceTransfer(services, transfer.id);
  const before = await reload(acme, transfer);
  expect(before.state).toBe('QUEUED');
  await setVendors(VENDOR, acme.wallet.address ?? '');
  await advanceTransfer(services, transfer.id);
  const again = await reload(acme, transfer);
  expect(again.state).toBe('QUEUED');
  expect(again.decision?.id).not.toBe(before.decision?.id);
  await setVendors();
  await advanceTransfer(services, transfer.id);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'POLICY_DENIED' },
  });
});

async function tag(...tags: string[]): Promise<void> {
  const { services, carol, wallet } = acme;
  const input = { walletId: wallet.id, tags };
  const signed = await beginAndSign(services, carol, { operation: 'updateWallet', input });
  await updateWallet(services, carol.actor, input, signed);
}

test('a queued transfer is decided again when the tags of its wallet have changed', async () => {
  const { services } = withChain(acme, { draft: silent });
  const transfer = await pay(acme);
  await advanceTransfer(services, transfer.id);
  const before = await reload(acme, transfer);
  expect(before.state).toBe('QUEUED');
  await tag('hot', 'payments');
  await advanceTransfer(services, transfer.id);
  const again = await reload(acme, transfer);
  expect(again).toMatchObject({ state: 'QUEUED' });
  expect(again.decision?.id).not.toBe(before.decision?.id);
  await advanceTransfer(services, transfer.id);
  expect((await reload(acme, transfer)).decision?.id).toBe(again.decision?.id);
  await tag('hot');
  await advanceTransfer(services, transfer.id);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'POLICY_DENIED' },
  });
});

test('a transfer that waits for the signers ends, unsigned, when its wallet loses the tag', async () => {
  const transfer = await waitForSigners();
  const { signed } = stage.cluster;
  await tag();
  signersReturn();
  const ended = await carryOut(acme, transfer);
  expect(ended).toMatchObject({ state: 'FAILED', reason: { code: 'POLICY_DENIED' } });
  expect(stage.cluster.signed).toBe(signed);
  await tag('payments');
  expect((await pay(acme)).state).toBe('QUEUED');
});
