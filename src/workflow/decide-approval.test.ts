import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChainConnection } from '#chains/adapter.ts';
import { isPlatformError, type ErrorCode } from '#core/errors.ts';
import { HOUR_MS } from '#core/time.ts';
import { parseApproval } from '#mandate/approval.ts';
import { type ApprovalRow, votesOf } from '#persistence/approval.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { User } from '#persistence/identity.ts';
import { Reservation } from '#persistence/ledger.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  appoint,
  approvalOf,
  auditOf,
  beginAndSign,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  publish,
  reload,
  vote,
} from '#testing/acme.ts';
import { foundOrganization, join, type Person } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceTransfer } from './advance-transfer.ts';
import { readApproval, readApprovalDetail } from './approval.ts';
import { decideApproval } from './decide-approval.ts';
import { expireApprovals } from './expire-approval.ts';
import { readPolicyBundle } from './policy.ts';
import { cancelTransfer } from './transfer.ts';

let stage: WorkflowStage;

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(async () => {
  await stage.close();
});

let acme: Acme;
let shared: Acme | undefined;
let transfer: TransferRow;
let approval: ApprovalRow;

/** A payment of 50,000 USDC that waits for managers, of an organisation that the test may change. */
async function open(shape: Parameters<typeof openAcme>[1] = {}): Promise<void> {
  acme = await openAcme(stage, shape);
  await order();
}

/** The same, of an organisation that the tests share: they leave its policy and its managers alone. */
async function openShared(): Promise<void> {
  shared ??= await openAcme(stage, { limit: '100,000,000' });
  acme = shared;
  await order();
}

async function order(): Promise<void> {
  transfer = await pay(acme, { amount: dollars(50_000) });
  approval = await approvalOf(acme, transfer);
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return error.code;
  }
}

const stateOf = async () => (await reload(acme, transfer)).state;
const released = async () => {
  const where = { transfer: transfer.id };
  return (await reader(acme.services.db).findOneOrFail(Reservation, where)).releasedAt;
};

test("an approval's vote is stored with the statement that was signed", async () => {
  await openShared();
  await vote(acme, acme.bob, approval);
  const [stored] = await votesOf(reader(acme.services.db), { transfer: transfer.id });
  expect(parseApproval(stored?.statement.statement ?? '')).toMatchObject({
    approval: approval.id,
    decision: 'APPROVE',
    intentHash: transfer.intentHash,
    policyHash: transfer.policyHash,
    approver: acme.bob.actor.user,
  });
  expect(await auditOf(acme, approval.id)).toEqual(['approval.voted']);
  expect(await auditOf(acme, transfer.id)).toEqual([
    'transfer.created',
    'transfer.pending_approval',
    'transfer.queued',
  ]);
});

test('the initiator may not approve', async () => {
  await openShared();
  await expect(vote(acme, acme.alice, approval)).rejects.toMatchObject({
    code: 'APPROVAL_NOT_ELIGIBLE',
    context: { reason: expect.stringContaining('whoever creates') },
  });
  expect(await stateOf()).toBe('PENDING_APPROVAL');
  const tried = { subject: approval.id, actor: acme.alice.actor.user };
  expect(await reader(acme.services.db).find(AuditEntry, tried)).toMatchObject([
    {
      action: 'approval.refused',
      detail: { decision: 'APPROVE', code: 'APPROVAL_NOT_ELIGIBLE' },
    },
  ]);
});

test('neither may a manager who initiates, although he is in the group', async () => {
  await openShared();
  const own = await pay(acme, { amount: dollars(50_000) }, acme.ben);
  const ownApproval = await approvalOf(acme, own);
  expect(await codeOf(vote(acme, acme.ben, ownApproval))).toBe('APPROVAL_NOT_ELIGIBLE');
  expect(await codeOf(vote(acme, acme.bob, ownApproval))).toBeUndefined();
});

test('a person outside the groups may not approve', async () => {
  await openShared();
  const tom = await appoint(acme, 'Tom', 'treasury-manager');
  expect(await codeOf(vote(acme, tom, approval))).toBe('APPROVAL_NOT_ELIGIBLE');
});

test("another organisation's manager does not find it", async () => {
  await openShared();
  const { admin } = await foundOrganization(acme.services, 'Other');
  const eve = await join(acme.services, admin, 'Eve', 'treasury-manager');
  expect(await codeOf(vote(acme, eve, approval))).toBe('NOT_FOUND');
  const signed = await beginAndSign(acme.services, acme.bob, decision(approval, 'APPROVE'));
  const sent = decideApproval(
    acme.services,
    eve.actor,
    decision(approval, 'APPROVE').input,
    signed,
  );
  expect(await codeOf(sent)).toBe('NOT_FOUND');
});

const decision = (row: ApprovalRow, decision: 'APPROVE' | 'REJECT', reason = '') =>
  ({ operation: 'decideApproval', input: { approvalId: row.id, decision, reason } }) as const;

test.each([
  ['another decision', { decision: 'REJECT' as const }],
  ['another reason', { reason: 'because' }],
])('a signature for one decision does not carry %s', async (_, other) => {
  await openShared();
  const { input } = decision(approval, 'APPROVE');
  const signed = await beginAndSign(acme.services, acme.bob, decision(approval, 'APPROVE'));
  const sent = decideApproval(acme.services, acme.bob.actor, { ...input, ...other }, signed);
  expect(await codeOf(sent)).toBe('USER_ACTION_MISMATCH');
});

test('a signature for one approval does not decide another', async () => {
  await openShared();
  const other = await approvalOf(acme, await pay(acme, { amount: dollars(20_000) }));
  const signed = await beginAndSign(acme.services, acme.bob, decision(approval, 'APPROVE'));
  const sent = decideApproval(
    acme.services,
    acme.bob.actor,
    decision(other, 'APPROVE').input,
    signed,
  );
  expect(await codeOf(sent)).toBe('USER_ACTION_MISMATCH');
});

test('one rejection ends it and gives the reservation back, once', async () => {
  await openShared();
  const { input } = decision(approval, 'REJECT', 'wrong invoice');
  const signed = await beginAndSign(
    acme.services,
    acme.bob,
    decision(approval, 'REJECT', 'wrong invoice'),
  );
  await decideApproval(acme.services, acme.bob.actor, input, signed);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'APPROVAL_REJECTED', message: expect.stringContaining('wrong invoice') },
  });
  const at = await released();
  expect(at).not.toBeNull();
  expect(await codeOf(vote(acme, acme.ben, approval))).toBe('APPROVAL_CLOSED');
  expect(await released()).toBe(at);
});

test('with a quorum of two nobody counts twice', async () => {
  await open({ quorum: 2 });
  expect(await vote(acme, acme.bob, approval)).toMatchObject({ state: 'OPEN' });
  expect(await codeOf(vote(acme, acme.bob, approval))).toBe('APPROVAL_DUPLICATE');
  expect(await stateOf()).toBe('PENDING_APPROVAL');
  expect(await vote(acme, acme.ben, approval)).toMatchObject({ state: 'APPROVED' });
  expect(await stateOf()).toBe('QUEUED');
});

test('the vote of a person who was suspended since no longer counts', async () => {
  await open();
  const may = await appoint(acme, 'May', 'treasury-manager');
  await publish(acme.services, acme.carol, {
    version: 2,
    quorum: 2,
    managers: ['bob@acme.example', 'ben@acme.example', 'may@acme.example'],
  });
  transfer = await pay(acme, { amount: dollars(50_000) });
  approval = await approvalOf(acme, transfer);
  await vote(acme, acme.bob, approval);
  await suspend(acme.bob);
  expect(await vote(acme, acme.ben, approval)).toMatchObject({ state: 'OPEN' });
  expect(await vote(acme, may, approval)).toMatchObject({ state: 'APPROVED' });
});

const suspend = ({ actor }: Person) =>
  reader(acme.services.db).nativeUpdate(User, { id: actor.user }, { state: 'suspended' });

test('two votes that each complete the quorum move the transfer once', async () => {
  await openShared();
  const outcomes = await Promise.all([
    codeOf(vote(acme, acme.bob, approval)),
    codeOf(vote(acme, acme.ben, approval)),
  ]);
  expect(new Set(outcomes)).toEqual(new Set(['APPROVAL_CLOSED', undefined]));
  const steps = await auditOf(acme, transfer.id);
  expect(steps.filter((step) => step === 'transfer.queued')).toHaveLength(1);
});

test('an approval and a rejection at once leave one outcome', async () => {
  await openShared();
  const outcomes = await Promise.all([
    codeOf(vote(acme, acme.bob, approval, 'APPROVE')),
    codeOf(vote(acme, acme.ben, approval, 'REJECT')),
  ]);
  expect(new Set(outcomes)).toEqual(new Set(['APPROVAL_CLOSED', undefined]));
  const won = outcomes[0] === undefined ? 'QUEUED' : 'REJECTED';
  expect(await stateOf()).toBe(won);
});

test('twenty copies of one signed vote count once', async () => {
  await openShared();
  const { input } = decision(approval, 'APPROVE');
  const signed = await beginAndSign(acme.services, acme.bob, decision(approval, 'APPROVE'));
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () =>
      codeOf(decideApproval(acme.services, acme.bob.actor, input, signed)),
    ),
  );
  expect(outcomes.filter((code) => code === undefined)).toHaveLength(1);
  expect(new Set(outcomes)).toEqual(new Set([undefined, 'CHALLENGE_USED']));
  expect(await votesOf(reader(acme.services.db), { transfer: transfer.id })).toHaveLength(1);
});

test('nobody approves what was cancelled', async () => {
  await openShared();
  await cancelTransfer(acme.services, acme.alice.actor, transfer.id);
  expect(await codeOf(vote(acme, acme.bob, approval))).toBe('APPROVAL_CLOSED');
  expect(await stateOf()).toBe('CANCELLED');
  expect(await released()).not.toBeNull();
});

test('cancelling and approving at once leave one outcome', async () => {
  await openShared();
  const [voted, cancelled] = await Promise.all([
    codeOf(vote(acme, acme.bob, approval)),
    codeOf(cancelTransfer(acme.services, acme.alice.actor, transfer.id)),
  ]);
  expect(cancelled).toBeUndefined();
  expect([undefined, 'APPROVAL_CLOSED']).toContain(voted);
  expect(await stateOf()).toBe('CANCELLED');
});

test('an approval that nobody completes expires and gives the reservation back', async () => {
  await openShared();
  stage.pass(24 * HOUR_MS);
  expect(await codeOf(vote(acme, acme.bob, approval))).toBe('APPROVAL_CLOSED');
  await Promise.all([expireApprovals(acme.services), expireApprovals(acme.services)]);
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'EXPIRED',
    reason: { code: 'APPROVAL_EXPIRED' },
  });
  expect(await released()).not.toBeNull();
  const steps = await auditOf(acme, transfer.id);
  expect(steps.filter((step) => step === 'transfer.expired')).toHaveLength(1);
});

test('a transfer does not count twice when it is decided again', async () => {
  await open();
  transfer = await pay(acme, { amount: dollars(200_000) });
  approval = await approvalOf(acme, transfer);
  expect(await vote(acme, acme.bob, approval)).toMatchObject({ state: 'APPROVED' });
});

test('a policy that has become stricter asks for more, and the earlier vote still counts', async () => {
  await open();
  await publish(acme.services, acme.carol, { version: 2, quorum: 2 });
  expect(await vote(acme, acme.bob, approval)).toMatchObject({
    state: 'OPEN',
    requirement: { quorums: [{ group: 'managers', count: 2 }] },
  });
  const { hash } = await readPolicyBundle(acme.services, acme.carol.actor);
  const asked = await readApproval(acme.services, acme.ben.actor, approval.id);
  expect(asked).toMatchObject({ policyHash: hash, policyVersion: 2 });
  expect(await vote(acme, acme.ben, approval)).toMatchObject({ state: 'APPROVED' });
  expect(await reload(acme, transfer)).toMatchObject({ state: 'QUEUED', policyVersion: 2 });
});

test('a policy that has become looser changes nothing for what was asked before', async () => {
  await open({ quorum: 2 });
  await publish(acme.services, acme.carol, { version: 2, quorum: 1 });
  expect(await vote(acme, acme.bob, approval)).toMatchObject({ state: 'OPEN' });
  expect(await vote(acme, acme.ben, approval)).toMatchObject({ state: 'APPROVED' });
});

test('what the policy of its creation blocks by now stays blocked, although the present one allows', async () => {
  await open({ limit: '60,000' });
  await publish(acme.services, acme.carol, { version: 2, limit: '900,000' });
  await pay(acme, { amount: dollars(5_000) });
  expect((await pay(acme, { amount: dollars(9_000) })).state).toBe('QUEUED');
  expect(await vote(acme, acme.bob, approval)).toMatchObject({ state: 'REJECTED' });
  expect(await reload(acme, transfer)).toMatchObject({ reason: { code: 'LIMIT_EXCEEDED' } });
});

test('a policy that blocks by now blocks what was pending', async () => {
  await open();
  await publish(acme.services, acme.carol, { version: 2, limit: '1,000' });
  expect(await vote(acme, acme.bob, approval)).toMatchObject({ state: 'REJECTED' });
  expect(await reload(acme, transfer)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'LIMIT_EXCEEDED' },
  });
});

test('a policy that changes while the draft is made is asked before anything is signed', async () => {
  await open();
  await fundWallet(stage, acme.wallet);
  await vote(acme, acme.bob, approval);
  const connection = stage.connection;
  const publishing: ChainConnection = {
    ...connection,
    async draft(request) {
      await publish(acme.services, acme.carol, { version: 2, limit: '1' });
      return connection.draft(request);
    },
  };
  const services = { ...acme.services, chains: { connection: () => publishing } };
  await advanceTransfer(services, transfer.id);
  expect((await reload(acme, transfer)).state).toBe('QUEUED');
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'REJECTED' });
});

test('a policy that changes while the transfer is queued is asked before anything is signed', async () => {
  await open();
  await fundWallet(stage, acme.wallet);
  await vote(acme, acme.bob, approval);
  await publish(acme.services, acme.carol, { version: 2, quorum: 2 });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'PENDING_APPROVAL' });
  approval = await readApproval(acme.services, acme.bob.actor, approval.id);
  expect(approval).toMatchObject({ state: 'OPEN' });
  await vote(acme, acme.ben, approval);
  await publish(acme.services, acme.carol, { version: 3, quorum: 2 });
  await carryOut(acme, transfer);
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', policyVersion: 3 });
  await publish(acme.services, acme.carol, { version: 4, quorum: 2 });
  const blocked = await pay(acme);
  await publish(acme.services, acme.carol, { version: 5, limit: '1' });
  expect(await carryOut(acme, blocked)).toMatchObject({ state: 'REJECTED' });
});

test('votes after a reopening bind the policy that asks for them, and those before still count', async () => {
  await open();
  await vote(acme, acme.bob, approval);
  await publish(acme.services, acme.carol, { version: 2, quorum: 2 });
  await carryOut(acme, transfer);
  const present = await readPolicyBundle(acme.services, acme.carol.actor);
  const reopened = await readApproval(acme.services, acme.bob.actor, approval.id);
  expect(reopened).toMatchObject({ state: 'OPEN', policyVersion: 2, policyHash: present.hash });
  expect(await vote(acme, acme.ben, reopened)).toMatchObject({ state: 'APPROVED' });
  const votes = await votesOf(reader(acme.services.db), { transfer: transfer.id });
  expect(votes.map(({ statement }) => parseApproval(statement.statement).policyHash)).toEqual([
    approval.policyHash,
    present.hash,
  ]);
});

test('an approval that only the new policy asks for binds the new policy', async () => {
  await open();
  const small = await pay(acme);
  await publish(acme.services, acme.carol, { version: 2, approvalAbove: '1,000' });
  await carryOut(acme, small);
  const { hash } = await readPolicyBundle(acme.services, acme.carol.actor);
  expect(await approvalOf(acme, small)).toMatchObject({ policyVersion: 2, policyHash: hash });
});

test('who may decide what the older policy still asks for may vote after the reopening', async () => {
  await open();
  await vote(acme, acme.bob, approval);
  const may = await appoint(acme, 'May', 'treasury-manager');
  await suspend(acme.bob);
  await publish(acme.services, acme.carol, { version: 2, managers: ['may@acme.example'] });
  await carryOut(acme, transfer);
  expect(await vote(acme, may, approval)).toMatchObject({ state: 'OPEN' });
  expect(await vote(acme, acme.ben, approval)).toMatchObject({ state: 'APPROVED' });
});

test('the log has the decision that the signing rests on, also where it was made in the queue', async () => {
  await open();
  await fundWallet(stage, acme.wallet);
  const small = await pay(acme);
  await publish(acme.services, acme.carol, { version: 2 });
  await carryOut(acme, small);
  const { decision, policyHash } = await carryOut(acme, small);
  expect(decision).not.toEqual(small.decision);
  const step = { subject: small.id, action: 'transfer.signing' };
  const { detail } = await reader(acme.services.db).findOneOrFail(AuditEntry, step);
  expect(detail).toMatchObject({ decision, policy: { hash: policyHash, version: 2 } });
});

test('the detail names who may decide, until they have', async () => {
  await open({ quorum: 2 });
  const people = [acme.bob.actor.user, acme.ben.actor.user].toSorted();
  const detail = (person: Person) => readApprovalDetail(acme.services, person.actor, approval);
  expect(await detail(acme.bob)).toMatchObject({ eligible: people, mayDecide: true });
  expect(await detail(acme.alice)).toMatchObject({ mayDecide: false });
  await vote(acme, acme.bob, approval);
  expect(await detail(acme.bob)).toMatchObject({
    eligible: [acme.ben.actor.user],
    mayDecide: false,
    votes: [{ user: acme.bob.actor.user }],
  });
});
