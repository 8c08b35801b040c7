/** Changes of authority that wait for people: how they are approved, and each way in which they end. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '#core/time.ts';
import { deactivateUser } from '#identity/deactivation.ts';
import { inviteUser } from '#identity/invitation.ts';
import { Approval, type ApprovalRow, Vote } from '#persistence/approval.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { authorityHead } from '#persistence/authority.ts';
import { ChangeRequest, type ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { Event } from '#persistence/event.ts';
import { User } from '#persistence/identity.ts';
import { PolicyBundle } from '#persistence/policy.ts';
import { enrolmentKeyOf, joinInvitation } from '#mandate/enrolment.ts';
import { type Acme, beginAndSign, openAcme, publish, vote } from '#testing/acme.ts';
import { policyFiles, type PolicyShape } from '#testing/acme-policy.ts';
import { crashing } from '#testing/crashing.ts';
import { inviteNamed, login, type Person, register } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { endHopelessChanges, withdrawChange } from './change.ts';
import { decideApproval } from './decide-approval.ts';
import { expireApprovals } from './expire-approval.ts';
import { readApprovalDetail } from './approval.ts';
import { freezeOrganization, unfreezeOrganization } from './freezing.ts';
import { publishPolicy } from './publish-policy.ts';

const GOVERNED = {
  governs: 'transfer, permission-change, policy-change',
  more: `rule policy-changes "Two managers look at the policy" {
  applies to policy-change
  when    initiator has role "compliance"
  then    allow with approval by 2 of managers, not by initiator, expires after 24h
}
rule people "A manager looks at changes of permissions" {
  applies to permission-change
  when    always
  then    allow with approval by 1 of managers, not by initiator
}
`,
};

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
});
afterAll(() => stage.close());

beforeEach(async () => {
  acme = await openAcme(stage);
  await publish(acme.services, acme.carol, { version: 2, ...GOVERNED });
});

const db = () => reader(acme.services.db);
const reload = (change: ChangeRequestRow) => db().findOneOrFail(ChangeRequest, { id: change.id });
const approvalOf = (change: ChangeRequestRow): Promise<ApprovalRow> =>
  db().findOneOrFail(Approval, { change: change.id });
const cast = async (person: Person, change: ChangeRequestRow, decision?: 'REJECT') =>
  vote(acme, person, await approvalOf(change), decision);
const sequence = async () => (await authorityHead(db(), acme.organization))?.sequence ?? -1;
const bundles = () => db().count(PolicyBundle, { organization: acme.organization });

/** A policy that two managers must approve of. */
async function askForPolicy(
  version = 3,
  shape: Partial<PolicyShape> = GOVERNED,
): Promise<ChangeRequestRow> {
  const input = policyFiles({ version, ...shape });
  const request = { operation: 'publishPolicy', input } as const;
  const signed = await beginAndSign(acme.services, acme.carol, request);
  const { change, bundle } = await publishPolicy(acme.services, acme.carol.actor, input, signed);
  expect(bundle).toBeUndefined();
  return change;
}

/** The end of a user, which one manager must approve of. */
async function askForEnd(person: Person, by = acme.ada): Promise<ChangeRequestRow> {
  const input = { userId: person.actor.user };
  const request = { operation: 'deactivateUser', input } as const;
  const signed = await beginAndSign(acme.services, by, request);
  const { change } = await deactivateUser(acme.services, by.actor, input, signed);
  if (change === undefined) throw new Error('nothing was asked for');
  return change;
}

test('a policy that two must approve of is in force once both have, in one transaction', async () => {
  const before = await sequence();
  const change = await askForPolicy();
  expect(change).toMatchObject({ state: 'PENDING_APPROVAL', operation: 'publishPolicy' });
  const approval = await approvalOf(change);
  expect(approval).toMatchObject({
    intentHash: change.hash,
    requirement: { quorums: [{ group: 'managers', count: 2 }] },
  });
  expect(approval.expiresAt - approval.createdAt).toBe(DAY_MS);
  const detail = await readApprovalDetail(acme.services, acme.bob.actor, approval);
  expect(detail.eligible).toEqual([acme.bob, acme.ben].map(({ actor }) => actor.user).toSorted());
  expect(detail.mayDecide).toBe(true);
  expect(await cast(acme.bob, change)).toMatchObject({ state: 'OPEN' });
  expect([await bundles(), await sequence()]).toEqual([2, before]);
  expect(await cast(acme.ben, change)).toMatchObject({ state: 'APPROVED' });
  expect([await bundles(), await sequence()]).toEqual([3, before + 1]);
  expect(await reload(change)).toMatchObject({ state: 'APPLIED', sequence: before + 1 });
  const events = await db().find(Event, { subject: { $in: [change.id, approval.id] } });
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload['state'])}`)).toEqual([
    'change.updated "PENDING_APPROVAL"',
    'approval.requested "OPEN"',
    'approval.updated "OPEN"',
    'change.updated "APPLIED"',
    'approval.updated "APPROVED"',
  ]);
});

test('two who approve at once complete the quorum once', async () => {
  const change = await askForPolicy();
  const votes = await Promise.all([cast(acme.bob, change), cast(acme.ben, change)]);
  expect(votes.map(({ state }) => state).toSorted()).toEqual(['APPROVED', 'OPEN']);
  expect((await reload(change)).state).toBe('APPLIED');
  expect(await bundles()).toBe(3);
});

test('nobody decides twice, nor who was not asked, nor who made the change', async () => {
  const change = await askForPolicy();
  await cast(acme.bob, change);
  await expect(cast(acme.bob, change)).rejects.toMatchObject({ code: 'APPROVAL_DUPLICATE' });
  for (const person of [acme.alice, acme.ada, acme.carol]) {
    await expect(cast(person, change)).rejects.toMatchObject({ code: 'APPROVAL_NOT_ELIGIBLE' });
  }
  expect(await db().count(Vote, { approval: (await approvalOf(change)).id })).toBe(1);
});

test('one rejection ends it, and a vote afterwards is refused', async () => {
  const change = await askForPolicy();
  await cast(acme.bob, change);
  expect(await cast(acme.ben, change, 'REJECT')).toMatchObject({ state: 'REJECTED' });
  expect(await reload(change)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'APPROVAL_REJECTED' },
  });
  const ben = await join2('Bea');
  await expect(cast(ben, change)).rejects.toMatchObject({ code: 'APPROVAL_CLOSED' });
  expect(await bundles()).toBe(2);
});

/** Somebody new, whom a manager has approved of. */
async function join2(name: string): Promise<Person> {
  const secret = acme.services.random(32);
  const email = `${name.toLowerCase()}@acme.example`;
  const roles = ['treasury-manager'];
  const input = { name, email, roles, enrolmentKey: enrolmentKeyOf(secret) };
  const request = { operation: 'inviteUser', input } as const;
  const signed = await beginAndSign(acme.services, acme.ada, request);
  const invited = await inviteUser(acme.services, acme.ada.actor, input, signed);
  const link = joinInvitation(invited.token, secret);
  await expect(register(acme.services, link)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(await db().count(User, { id: invited.user })).toBe(0);
  await cast(acme.bob, invited.change);
  return register(acme.services, link);
}

test('an invitation lets nobody in before it is approved, and then by the link of before', async () => {
  const bea = await join2('Bea');
  expect(bea.actor.roles).toEqual(['treasury-manager']);
});

test('the same signature sent again answers with the change that waits for it', async () => {
  const input = policyFiles({ version: 3, ...GOVERNED });
  const request = { operation: 'publishPolicy', input } as const;
  const signed = await beginAndSign(acme.services, acme.carol, request);
  const first = await publishPolicy(acme.services, acme.carol.actor, input, signed);
  const again = await publishPolicy(acme.services, acme.carol.actor, input, signed);
  expect(again.change.id).toBe(first.change.id);
  const other = policyFiles({ version: 4, ...GOVERNED });
  await expect(publishPolicy(acme.services, acme.carol.actor, other, signed)).rejects.toMatchObject(
    { code: 'CHALLENGE_USED' },
  );
});

test.each(['before', 'cut', 'after'] as const)(
  'a process that dies %s the commit of a change, or of its last vote, leaves one change and one effect',
  async (at) => {
    const { carol, ben, services } = acme;
    const input = policyFiles({ version: 3, ...GOVERNED });
    const request = { operation: 'publishPolicy', input } as const;
    const signed = await beginAndSign(services, carol, request);
    const dying = () => crashing(services, { effect: 1, at }).services;
    await expect(publishPolicy(dying(), carol.actor, input, signed)).rejects.toThrow();
    const { change } = await publishPolicy(services, carol.actor, input, signed);
    expect(await db().count(Approval, { change: change.id })).toBe(1);
    await cast(acme.bob, change);
    const vote = { approvalId: (await approvalOf(change)).id, decision: 'APPROVE' } as const;
    const action = { operation: 'decideApproval', input: vote } as const;
    const voted = await beginAndSign(services, ben, action);
    await expect(decideApproval(dying(), ben.actor, vote, voted)).rejects.toThrow();
    const again = decideApproval(services, ben.actor, vote, voted);
    if (at === 'after') await expect(again).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
    else expect(await again).toMatchObject({ state: 'APPROVED' });
    expect((await reload(change)).state).toBe('APPLIED');
    expect(await bundles()).toBe(3);
  },
);

test('nobody completes it in time: it expires, and a late vote is refused', async () => {
  const change = await askForPolicy();
  await cast(acme.bob, change);
  stage.pass(25 * HOUR_MS);
  const ben = await again(acme.ben);
  await expect(cast(ben, change)).rejects.toMatchObject({ code: 'APPROVAL_CLOSED' });
  await expireApprovals(acme.services);
  expect(await reload(change)).toMatchObject({ state: 'EXPIRED' });
  expect(await approvalOf(change)).toMatchObject({ state: 'EXPIRED' });
});

/** Signs in again: a session does not live for a day. */
async function again(person: Person): Promise<Person> {
  const { actor, token } = await login(acme.services, person.authenticator);
  return { ...person, actor, token };
}

test('whoever requested it takes it back, and nobody else', async () => {
  const change = await askForPolicy();
  const input = { changeId: change.id };
  await expect(withdrawChange(acme.services, acme.ada.actor, input)).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  const withdrawn = await withdrawChange(acme.services, acme.carol.actor, input);
  expect(withdrawn.state).toBe('WITHDRAWN');
  expect((await withdrawChange(acme.services, acme.carol.actor, input)).state).toBe('WITHDRAWN');
  await expect(cast(acme.bob, change)).rejects.toMatchObject({ code: 'APPROVAL_CLOSED' });
  const entries = await db().find(
    AuditEntry,
    { subject: change.id },
    { orderBy: { sequence: 'asc' } },
  );
  expect(entries.map(({ action }) => action)).toEqual(['change.requested', 'change.withdrawn']);
});

test('what is applied cannot be taken back', async () => {
  const change = await askForEnd(acme.alice);
  await cast(acme.bob, change);
  expect((await db().findOneOrFail(User, { id: acme.alice.actor.user })).state).toBe('suspended');
  const attempt = withdrawChange(acme.services, acme.ada.actor, { changeId: change.id });
  await expect(attempt).rejects.toMatchObject({ code: 'APPROVAL_CLOSED' });
});

test('an approver who was deactivated meanwhile does not count', async () => {
  const change = await askForPolicy(3, { managers: ['bob@acme.example', 'alice@acme.example'] });
  await cast(acme.ben, change);
  await cast(acme.bob, await askForEnd(acme.ben));
  expect(await cast(acme.bob, change)).toMatchObject({ state: 'OPEN' });
  expect((await reload(change)).state).toBe('PENDING_APPROVAL');
});

test('a policy that nobody could replace any more ends while it waits', async () => {
  const change = await askForPolicy();
  await cast(acme.bob, await askForEnd(acme.ben));
  expect(await cast(acme.bob, change)).toMatchObject({ state: 'CANCELLED' });
  expect((await reload(change)).state).toBe('REJECTED');
});

test('a change whose initiator is gone is applied no more, whoever approves', async () => {
  const change = await askForPolicy();
  await cast(acme.bob, change);
  await cast(acme.bob, await askForEnd(acme.carol));
  expect(await cast(acme.ben, change)).toMatchObject({ state: 'CANCELLED' });
  expect(await reload(change)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'EVIDENCE_REJECTED' },
  });
});

test('of two changes that replace the same version one is applied, and the other ends', async () => {
  const [first, second] = [await askForPolicy(3), await askForPolicy(4)];
  await cast(acme.bob, second);
  await cast(acme.bob, first);
  await cast(acme.ben, first);
  expect(await cast(acme.ben, second)).toMatchObject({ state: 'CANCELLED' });
  expect(await reload(second)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'VERSION_CONFLICT' },
  });
});

test('what waits under a policy that governs no more ends by itself', async () => {
  const waiting = await askForEnd(acme.alice);
  const change = await askForPolicy();
  await endHopelessChanges(acme.services);
  expect((await reload(waiting)).state).toBe('PENDING_APPROVAL');
  await cast(acme.bob, change);
  await cast(acme.ben, change);
  await endHopelessChanges(acme.services);
  expect(await reload(waiting)).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'POLICY_STALE' },
  });
});

test('the appointment of a compliance officer waits for a second person, and is theirs to refuse', async () => {
  const own = await openAcme(stage);
  const ask = async (name: string) => {
    const { change, invitation } = await inviteNamed(own.services, own.ada, name, 'compliance');
    expect(change.state).toBe('PENDING_APPROVAL');
    const approval = await approvalOf(change);
    expect(approval.requirement).toMatchObject({
      quorums: [{ group: 'people with authority over others', count: 1 }],
      excludeInitiator: true,
    });
    return { change, invitation, approval };
  };
  const { change, invitation, approval } = await ask('Cleo');
  const { eligible } = await readApprovalDetail(own.services, own.bob.actor, approval);
  expect(eligible).toEqual([own.bob, own.ben, own.carol].map(({ actor }) => actor.user).toSorted());
  for (const person of [own.ada, own.alice]) {
    const attempt = vote(own, person, approval);
    await expect(attempt).rejects.toMatchObject({ code: 'APPROVAL_NOT_ELIGIBLE' });
  }
  await expect(register(own.services, invitation)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(await vote(own, own.bob, approval)).toMatchObject({ state: 'APPROVED' });
  expect(await reload(change)).toMatchObject({ state: 'APPLIED' });
  const cleo = await register(own.services, invitation);
  expect(cleo.actor.roles).toEqual(['compliance']);
  const refused = await ask('Cleopatra');
  expect(await vote(own, cleo, refused.approval, 'REJECT')).toMatchObject({ state: 'REJECTED' });
  expect(await reload(refused.change)).toMatchObject({ state: 'REJECTED' });
});

test('while the organisation is frozen an appointment that waits is not completed', async () => {
  const own = await openAcme(stage);
  const { change } = await inviteNamed(own.services, own.ada, 'Cleo', 'compliance');
  const approval = await approvalOf(change);
  const organizationId = own.organization;
  const freeze = { operation: 'freezeOrganization', input: { organizationId } } as const;
  const signed = await beginAndSign(own.services, own.carol, freeze);
  await freezeOrganization(own.services, own.carol.actor, freeze.input, signed);
  await expect(vote(own, own.bob, approval)).rejects.toMatchObject({ code: 'CHANGE_DENIED' });
  const late = inviteNamed(own.services, own.ada, 'Alice2', 'finance-operator');
  await expect(late).rejects.toThrow(/two people must release it/);
  const release = { ...freeze, operation: 'unfreezeOrganization' } as const;
  const asked = await beginAndSign(own.services, own.ada, release);
  const freed = await unfreezeOrganization(own.services, own.ada.actor, release.input, asked);
  await vote(own, own.bob, await approvalOf(freed));
  expect(await vote(own, own.bob, approval)).toMatchObject({ state: 'APPROVED' });
});
