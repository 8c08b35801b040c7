import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlatformError } from '#core/errors.ts';
import { parseInstant } from '#core/time.ts';
import { reader } from '#persistence/database.ts';
import { PolicyBundle } from '#persistence/policy.ts';
import { type Acme, appoint, auditOf, beginAndSign, openAcme, publish } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { foundOrganization } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import type { PublishPolicyInput } from './inputs.ts';
import { listPolicyBundles, readPolicyBundle } from './policy.ts';
import { policyInForce } from './policy-in-force.ts';
import { publishPolicy } from './publish-policy.ts';
import { beginUserAction } from './user-action.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
});

afterAll(async () => {
  await stage.close();
});

const inForce = () =>
  policyInForce(reader(acme.services.db), acme.organization, acme.services.clock.now());

test("one Compliance user's signature publishes a bundle and keeps what was signed", async () => {
  const { change, bundle } = await publish(acme.services, acme.carol, { version: 2 });
  expect(change).toMatchObject({ state: 'APPLIED', requestedBy: acme.carol.actor.user });
  expect(change.statement.statement).toContain('"operation":"publishPolicy"');
  expect(bundle).toMatchObject({ version: 2, title: 'Acme vendor payments' });
  expect(bundle.members).toEqual({
    'bob@acme.example': acme.bob.actor.user,
    'ben@acme.example': acme.ben.actor.user,
  });
  expect(await inForce()).toMatchObject({ version: 2, hash: bundle.hash });
  expect(await auditOf(acme, bundle.id)).toEqual(['policy.published']);
  expect(await readPolicyBundle(acme.services, acme.alice.actor)).toMatchObject({ version: 2 });
  expect(await readPolicyBundle(acme.services, acme.alice.actor, 1)).toMatchObject({ version: 1 });
  const byHash = await readPolicyBundle(acme.services, acme.alice.actor, undefined, bundle.hash);
  expect(byHash).toMatchObject({ version: 2 });
  await expect(
    readPolicyBundle(acme.services, acme.alice.actor, 1, bundle.hash),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(bundle.change).toBe(change.id);
  const { edges } = await listPolicyBundles(acme.services, acme.alice.actor, {});
  expect(edges.map(({ node }) => node.version)).toEqual([2, 1]);
});

const edited = (
  change: (text: string) => string,
  path = 'payments.policy',
): PublishPolicyInput => ({
  files: policyFiles({ version: 50 }).files.map((file) =>
    file.path === path ? { path, content: change(file.content) } : file,
  ),
});

const FAILING_TEST = `
test "five dollars to nobody" {
  given transfer { wallet = "w" tags ["payments"]; asset = USDC@local-evm; amount = 5 USDC; recipient = ${VENDOR}; }
  given price USDC@local-evm = 1.00 USD
  given history sum(value) over last 24h by wallet = 0 USD
  expect block
}
`;

test('a bundle whose tests pass is published, with its tests', async () => {
  const passing = FAILING_TEST.replace('expect block', 'expect allow');
  const input = edited((text) => `${text.replace('version    50', 'version    3')}${passing}`);
  const request = { operation: 'publishPolicy', input } as const;
  const signed = await beginAndSign(acme.services, acme.carol, request);
  const { bundle } = await publishPolicy(acme.services, acme.carol.actor, input, signed);
  expect(bundle?.version).toBe(3);
});

test.each([
  ['a typing error', edited((text) => text.replace('otherwise', 'otherwize')), 'POLICY_SYNTAX'],
  ['an unknown list', edited((text) => text.replace('in approved', 'in aproved')), 'POLICY_SYNTAX'],
  [
    'an unknown person',
    edited(() => 'managers: [eve@acme.example]\n', 'groups.yaml'),
    'POLICY_SYNTAX',
  ],
  [
    'a wrong checksum',
    edited((text) => text.replace('0x529', '0x528'), 'lists/approved-vendors.csv'),
    'POLICY_SYNTAX',
  ],
  ['an old version', policyFiles({ version: 1 }), 'POLICY_SYNTAX'],
  ['a test of its own that fails', edited((text) => `${text}${FAILING_TEST}`), 'POLICY_SYNTAX'],
  [
    'deep nesting',
    edited((text) => text.replace('value > 10,000 USD', `${'('.repeat(70)}value > 1 USD`)),
    'POLICY_TOO_DEEP',
  ],
  ['no files', { files: [] }, 'INVALID_INPUT'],
])('a bundle with %s is refused before anybody signs it', async (_, input, code) => {
  const begun = beginUserAction(acme.services, acme.carol.actor, {
    operation: 'publishPolicy',
    input,
  });
  const error = await begun.then(
    () => undefined,
    (reason: PlatformError) => reason,
  );
  expect(error).toMatchObject({ code, context: { field: 'files' } });
  if (code === 'INVALID_INPUT') return;
  const diagnostics = error?.context['diagnostics'];
  expect(diagnostics).toEqual(
    expect.arrayContaining([expect.stringMatching(/^[\w/.-]+:\d+:\d+: [A-Z_]+ .+/)]),
  );
});

test('a signature over one bundle does not publish another', async () => {
  const input = policyFiles({ version: 60 });
  const signed = await beginAndSign(acme.services, acme.carol, {
    operation: 'publishPolicy',
    input,
  });
  const other = policyFiles({ version: 60, limit: '9,000,000' });
  const before = await inForce();
  await expect(publishPolicy(acme.services, acme.carol.actor, other, signed)).rejects.toMatchObject(
    { code: 'USER_ACTION_MISMATCH' },
  );
  expect((await inForce()).hash).toBe(before.hash);
});

test('two bundles with one version at once: one of them is published', async () => {
  // One person's actions wait for each other at the passkey already, so two people race here.
  const cleo = await appoint(acme, 'Cleo', 'compliance');
  const bundles = [
    { person: acme.carol, input: policyFiles({ version: 70, limit: '1,000' }) },
    { person: cleo, input: policyFiles({ version: 70, limit: '2,000' }) },
  ];
  const signed = await Promise.all(
    bundles.map(({ person, input }) =>
      beginAndSign(acme.services, person, { operation: 'publishPolicy', input }),
    ),
  );
  const outcomes = await Promise.allSettled(
    bundles.map(({ person, input }, i) =>
      publishPolicy(acme.services, person.actor, input, signed[i]),
    ),
  );
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
  expect(outcomes.map(({ status }) => status).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'fulfilled',
    'rejected',
  ]);
  expect(await reader(acme.services.db).count(PolicyBundle, { version: 70 })).toBe(1);
});

test('nobody else publishes, and another organisation sees nothing of it', async () => {
  const input = policyFiles({ version: 80 });
  const request = { operation: 'publishPolicy', input } as const;
  await expect(beginAndSign(acme.services, acme.bob, request)).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  const { admin } = await foundOrganization(acme.services, 'Other');
  await expect(readPolicyBundle(acme.services, admin.actor)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('a version whose time has not come leaves the one before in force', async () => {
  const before = await inForce();
  const later = edited((text) =>
    text.replace('2026-01-01T00:00', '2099-01-01T00:00').replace('version    50', 'version    90'),
  );
  const signed = await beginAndSign(acme.services, acme.carol, {
    operation: 'publishPolicy',
    input: later,
  });
  await publishPolicy(acme.services, acme.carol.actor, later, signed);
  expect(await inForce()).toMatchObject({ hash: before.hash });
});

const at = (time: string) =>
  policyInForce(reader(acme.services.db), acme.organization, parseInstant(time));

test('at each instant one version is in force, also where one waits for its time', async () => {
  const overlapping = publish(acme.services, acme.carol, { version: 91 });
  await expect(overlapping).rejects.toMatchObject({ code: 'POLICY_SYNTAX' });
  const until = '2099-01-01T00:00 UTC';
  const between = await publish(acme.services, acme.carol, { version: 91, until });
  expect(await inForce()).toMatchObject({ hash: between.bundle.hash });
  expect(await at('2098-12-31T23:59:59.999Z')).toMatchObject({ version: 91 });
  expect(await at('2099-01-01T00:00:00Z')).toMatchObject({ version: 90 });
});
