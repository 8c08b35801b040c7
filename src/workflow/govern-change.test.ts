/** Changes that the policy in force decides: of permissions, and of itself. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { User } from '#persistence/identity.ts';
import { PolicyBundle } from '#persistence/policy.ts';
import { PolicyDecision } from '#persistence/policy-decision.ts';
import { type Acme, appoint, openAcme, publish } from '#testing/acme.ts';
import { type PolicyShape } from '#testing/acme-policy.ts';
import { invite, join } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { DAY_MS } from '#core/time.ts';

const GOVERNED = { governs: 'transfer, permission-change, policy-change' };
const allow = (when: string) => `rule changes "Changes" {
  applies to permission-change, policy-change
  when    ${when}
  then    allow
  because "Compliance and administrators keep the house"
}
`;
const block = (when: string) => `rule no-change "No change" {
  when    ${when}
  then    block "Not this change"
}
`;
const BY_ROLE = allow('initiator has role "compliance" or initiator has role "admin"');

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
});
afterAll(() => stage.close());

beforeEach(async () => {
  acme = await openAcme(stage);
});

const next = (version: number, shape: Partial<PolicyShape>) =>
  publish(acme.services, acme.carol, { version, ...GOVERNED, ...shape });

const newest = async () => {
  const where = { organization: acme.organization };
  const orderBy = { version: 'desc' } as const;
  return (await reader(acme.services.db).findOneOrFail(PolicyBundle, where, { orderBy })).version;
};

const decisions = () =>
  reader(acme.services.db).find(
    PolicyDecision,
    { organization: acme.organization },
    { orderBy: { id: 'asc' } },
  );

test('a policy that governs its own change decides it, and the decision is kept', async () => {
  await next(2, { more: BY_ROLE });
  expect(await decisions()).toEqual([]);
  await next(3, { more: BY_ROLE });
  const [decision] = await decisions();
  expect(decision).toMatchObject({ outcome: 'ALLOW', policyVersion: 2 });
  expect(decision?.subject).toBe(acme.carol.actor.user);
  expect(decision?.snapshot).toContain('"change":{"kind":"publish"');
});

test('a change of the policy that it blocks does not happen, and the refusal is kept', async () => {
  const more = BY_ROLE + block(`change.kind is "publish" and initiator is "carol@acme.example"`);
  await appoint(acme, 'Cleo', 'compliance');
  await next(2, { more });
  await expect(next(3, { more: BY_ROLE })).rejects.toMatchObject({
    code: 'CHANGE_DENIED',
    context: { reason: 'Not this change' },
  });
  expect(await newest()).toBe(2);
  expect(await decisions()).toMatchObject([{ outcome: 'BLOCK', policyVersion: 2 }]);
  const where = { organization: acme.organization, action: 'user-action.refused' };
  expect(await reader(acme.services.db).find(AuditEntry, where)).toMatchObject([
    { actor: acme.carol.actor.user, detail: { operation: 'publishPolicy', code: 'CHANGE_DENIED' } },
  ]);
});

test('a role that the policy keeps from being given is not given', async () => {
  await next(2, { more: BY_ROLE + block('change.role is "compliance"') });
  await join(acme.services, acme.ada, 'Dan', 'finance-operator');
  await expect(
    join(acme.services, acme.ada, 'Eve', 'finance-operator', 'compliance'),
  ).rejects.toMatchObject({ code: 'CHANGE_DENIED' });
  const users = await reader(acme.services.db).find(User, { organization: acme.organization });
  expect(users.map(({ name }) => name)).not.toContain('Eve');
});

test.each([
  ['blocks them all', '', 'CHANGE_DENIED'],
  ['lets only others make them', allow('initiator has role "treasury-manager"'), 'CHANGE_DENIED'],
])('a policy that governs its changes and %s is not published', async (_, more, code) => {
  await expect(next(2, { more })).rejects.toMatchObject({ code });
  expect(await newest()).toBe(1);
});

const TWO_MANAGERS = `rule quorum "Two" {
  applies to policy-change
  when    always
  then    allow with approval by 2 of managers
}
`;

test('a policy that asks for more approvers than are active is not published', async () => {
  const email = 'dan@acme.example';
  await invite(acme.services, acme.ada, { name: 'Dan', email, roles: ['finance-operator'] });
  const attempt = next(2, { more: TWO_MANAGERS, managers: ['bob@acme.example', email] });
  await expect(attempt).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  expect(await newest()).toBe(1);
  await next(2, { more: TWO_MANAGERS });
  expect(await newest()).toBe(2);
});

test('a policy that has ended still governs its change, as of its last moment', async () => {
  const until = new Date(stage.services.clock.now() + DAY_MS).toISOString().slice(0, 16);
  const more = BY_ROLE + block('change.kind is "publish" and initiator is "carol@acme.example"');
  const cleo = await appoint(acme, 'Cleo', 'compliance');
  await next(2, { more, until: `${until} UTC` });
  stage.pass(2 * DAY_MS);
  await expect(next(3, { more: BY_ROLE })).rejects.toMatchObject({ code: 'CHANGE_DENIED' });
  await publish(acme.services, cleo, { version: 3, ...GOVERNED, more: BY_ROLE });
  expect(await newest()).toBe(3);
});

test('where the policy does not govern changes the roles decide alone', async () => {
  await publish(acme.services, acme.carol, { version: 2 });
  await appoint(acme, 'Dan', 'compliance');
  expect(await newest()).toBe(2);
  expect(await decisions()).toEqual([]);
});
