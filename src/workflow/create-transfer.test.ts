import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPlatformError, type ErrorCode } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { reader } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { PolicyDecision } from '#persistence/policy-decision.ts';
import { Transfer } from '#persistence/transfer.ts';
import { cancelTransfer } from '#workflow/transfer.ts';
import {
  type Acme,
  auditOf,
  beginAndSign,
  dollars,
  openAcme,
  openWallet,
  pay,
  transferInput,
} from '#testing/acme.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import { foundOrganization, join, type Person } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { createTransfer } from './create-transfer.ts';
import type { CreateTransferInput } from './inputs.ts';
import { simulateTransfer } from './simulate-transfer.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
});

afterAll(async () => {
  await stage.close();
});

const signedFor = (input: CreateTransferInput, person = acme.alice) =>
  beginAndSign(acme.services, person, { operation: 'createTransfer', input });

const count = (externalId: string) => reader(acme.services.db).count(Transfer, { externalId });

/** The error's code; undefined where there was none. */
async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return error.code;
  }
}

test('fifty identical requests at once make one transfer, and all get it', async () => {
  const input = transferInput(acme);
  const signed = await signedFor(input);
  const transfers = await Promise.all(
    Array.from({ length: 50 }, () =>
      createTransfer(acme.services, acme.alice.actor, input, signed),
    ),
  );
  expect(new Set(transfers.map(({ id }) => id)).size).toBe(1);
  expect(await count(input.externalId)).toBe(1);
  expect(await reader(acme.services.db).count(Reservation, { transfer: transfers[0]?.id })).toBe(1);
});

test('a retry with a fresh challenge returns the first transfer', async () => {
  const input = transferInput(acme);
  const first = await pay(acme, input);
  const again = await pay(acme, { ...input, memo: '', maxFee: null });
  expect(again.id).toBe(first.id);
  expect(again.intent).toBe(first.intent);
});

test.each([
  ['amount', { amount: dollars(6_000) }],
  ['recipient', { to: '0x8617E340B3D01FA5F11F306F4090FD50E238070D' }],
  ['memo', { memo: 'another' }],
  ['fee cap', { maxFee: '1' }],
  ['asset', { asset: 'ETH@local-evm' }],
])('the same externalId with another %s is a conflict that names the first', async (_, other) => {
  const input = transferInput(acme);
  const first = await pay(acme, input);
  await expect(pay(acme, { ...input, ...other })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    context: { existing: first.id },
  });
  expect(await count(input.externalId)).toBe(1);
});

test("another person's request with the same externalId and input is a conflict, not a retry", async () => {
  const input = transferInput(acme);
  const first = await pay(acme, input);
  await expect(pay(acme, input, acme.ben)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    context: { existing: first.id },
  });
  expect(await count(input.externalId)).toBe(1);
});

test('the same externalId in another wallet is a conflict', async () => {
  const other = await openWallet(acme.services, acme.ada);
  const input = transferInput(acme);
  const first = await pay(acme, input);
  await expect(pay(acme, { ...input, walletId: other.id })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    context: { existing: first.id },
  });
});

test('a used challenge with another input or another id is CHALLENGE_USED', async () => {
  const input = transferInput(acme);
  const signed = await signedFor(input);
  await createTransfer(acme.services, acme.alice.actor, input, signed);
  const send = (other: Partial<CreateTransferInput>) =>
    codeOf(createTransfer(acme.services, acme.alice.actor, { ...input, ...other }, signed));
  expect(await send({})).toBeUndefined();
  expect(await send({ amount: dollars(1) })).toBe('CHALLENGE_USED');
  expect(await send({ externalId: 'another-id' })).toBe('CHALLENGE_USED');
});

test('a request that failed its checks does not burn the externalId', async () => {
  const input = transferInput(acme);
  const signed = await signedFor(input);
  const send = (other: Partial<CreateTransferInput>) =>
    codeOf(createTransfer(acme.services, acme.alice.actor, { ...input, ...other }, signed));
  expect(await send({ amount: dollars(2) })).toBe('USER_ACTION_MISMATCH');
  expect(await send({ amount: '1e3' })).toBe('INVALID_INPUT');
  expect(await send({ to: 'nowhere' })).toBe('INVALID_INPUT');
  expect(await count(input.externalId)).toBe(0);
  expect(await send({})).toBeUndefined();
  expect(await count(input.externalId)).toBe(1);
});

test.each([
  ['a signed amount', { amount: '-1' }],
  ['an exponent', { amount: '1e6' }],
  ['full-width digits', { amount: '１００' }],
  ['a fraction of a base unit', { amount: '1.5' }],
  ['zero', { amount: '0' }],
  ['2^256', { amount: (2n ** 256n).toString() }],
  ['a wrong checksum', { to: '0x52908400098527886E0F7030069857D2E4169Ee7' }],
  ['a blank in the externalId', { externalId: 'a b' }],
  ['no externalId', { externalId: '' }],
  ['a hidden character in the memo', { memo: 'a\u202eb' }],
  ['a negative fee cap', { maxFee: '-5' }],
])('%s is INVALID_INPUT with a hint', async (_, other) => {
  await expect(pay(acme, other)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { hint: expect.any(String), field: expect.any(String) },
  });
});

test('an unknown asset is NOT_FOUND with the known ones', async () => {
  await expect(pay(acme, { asset: 'DOGE@local-evm' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    context: { hint: expect.stringContaining('USDC@local-evm') },
  });
});

test("another organisation's wallet answers as one that never was", async () => {
  const { admin } = await foundOrganization(acme.services, 'Other');
  const eve = await join(acme.services, admin, 'Eve', 'finance-operator');
  const answers = await Promise.allSettled(
    [acme.wallet.id, newId('wallet', 0, new Uint8Array(10))].map((walletId) =>
      pay(acme, { walletId }, eve),
    ),
  );
  const [own, never] = answers.map((answer) => (answer as PromiseRejectedResult).reason);
  expect(own).toMatchObject({ code: 'NOT_FOUND', context: { field: 'walletId' } });
  expect({ code: never.code, context: never.context, message: never.message }).toEqual({
    code: own.code,
    context: own.context,
    message: own.message,
  });
});

test('a wallet that has no key yet cannot pay', async () => {
  stage.cluster.running.clear();
  const wallet = await openWallet(acme.services, acme.ada);
  [1, 2, 3].forEach((party) => stage.cluster.running.add(party));
  expect(wallet).toMatchObject({ state: 'CREATING', waiting: { code: 'SIGNERS_UNAVAILABLE' } });
  await expect(pay(acme, { walletId: wallet.id })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'walletId', reason: 'the wallet is creating' },
  });
});

test('whoever lacks the permission is refused before anything else', async () => {
  const input = transferInput(acme);
  expect(await codeOf(pay(acme, input, acme.bob))).toBe('FORBIDDEN');
  expect(await codeOf(createTransfer(acme.services, acme.alice.actor, input, null))).toBe(
    'USER_ACTION_REQUIRED',
  );
});

test('an unknown vendor is a rejected transfer that says why, and reserves nothing', async () => {
  const to = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
  const transfer = await pay(acme, { to });
  expect(transfer).toMatchObject({
    state: 'REJECTED',
    reason: { code: 'POLICY_DENIED', message: expect.stringContaining('No rule allows') },
  });
  expect(await reader(acme.services.db).count(Reservation, { transfer: transfer.id })).toBe(0);
  expect(await auditOf(acme, transfer.id)).toEqual(['transfer.created', 'transfer.rejected']);
});

test('before the first policy everything is blocked', async () => {
  const { admin } = await foundOrganization(acme.services, 'Young');
  const yara = await join(acme.services, admin, 'Yara', 'finance-operator');
  const wallet = await openWallet(acme.services, admin);
  const transfer = await pay(acme, { walletId: wallet.id }, yara);
  expect(transfer).toMatchObject({
    state: 'REJECTED',
    policyVersion: 0,
    reason: { code: 'POLICY_DENIED', message: expect.stringContaining('No policy') },
  });
});

test('a missing price blocks, and the decision says which', async () => {
  const quotes = stage.quotes.splice(0);
  const transfer = await pay(acme);
  stage.quotes.push(...quotes);
  expect(transfer).toMatchObject({ state: 'REJECTED', reason: { code: 'DATA_MISSING' } });
  expect(JSON.stringify(transfer.decision)).toContain('price USDC@local-evm in USD');
});

test('of a hundred payments at once against a limit for forty, exactly forty pass', async () => {
  const small = await openAcme(stage, { limit: '40,000' });
  // One person's actions wait for each other at the passkey already, so several people race here.
  const people = [small.alice, small.ben];
  for (const name of ['Ann', 'Al', 'Ash']) {
    people.push(await join(small.services, small.ada, name, 'finance-operator'));
  }
  const requests = [];
  for (let i = 0; i < 100; i++) {
    const person = people[i % people.length] as Person;
    const input = transferInput(small, { amount: dollars(1_000) });
    const action = { operation: 'createTransfer', input } as const;
    requests.push({ person, input, signed: await beginAndSign(small.services, person, action) });
  }
  const transfers = await Promise.all(
    requests.map(({ person, input, signed }) =>
      createTransfer(small.services, person.actor, input, signed),
    ),
  );
  const codes = transfers.map(({ reason }) => reason?.code ?? 'passed');
  expect(codes.filter((code) => code === 'passed')).toHaveLength(40);
  expect(codes.filter((code) => code === 'LIMIT_EXCEEDED')).toHaveLength(60);

  const [first] = transfers.filter(({ state }) => state === 'QUEUED');
  await cancelTransfer(small.services, small.alice.actor, first?.id ?? '');
  await cancelTransfer(small.services, small.alice.actor, first?.id ?? '');
  expect((await pay(small, { amount: dollars(1_000) })).state).toBe('QUEUED');
  expect((await pay(small, { amount: dollars(1) })).state).toBe('REJECTED');
});

test('a simulation decides as the real thing does and stores nothing', async () => {
  const before = await reader(acme.services.db).count(Transfer);
  const ask = (amount: string, draft?: Parameters<typeof simulateTransfer>[3]) =>
    simulateTransfer(acme.services, acme.alice.actor, transferInput(acme, { amount }), draft);
  expect((await ask(dollars(50_000))).decided.trace).toMatchObject({ outcome: 'PENDING' });
  expect((await ask(dollars(900_000))).decided.trace).toMatchObject({ outcome: 'BLOCK' });
  const draft = policyFiles({ version: 9, approvalAbove: '90,000' });
  expect((await ask(dollars(50_000), draft)).decided.trace).toMatchObject({ outcome: 'ALLOW' });
  expect(await reader(acme.services.db).count(Transfer)).toBe(before);
  expect(await reader(acme.services.db).count(PolicyDecision, { policyVersion: 9 })).toBe(0);
});

test('a draft is judged with its whole trace and what the checks warn of', async () => {
  const more = 'rule twice { when value > 10,000 USD then block "Twice" }\n';
  const draft = policyFiles({ version: 9, more });
  const input = transferInput(acme, { amount: dollars(50_000) });
  const { services, alice } = acme;
  const { decided, diagnostics } = await simulateTransfer(services, alice.actor, input, draft);
  expect(decided.trace).toMatchObject({ outcome: 'BLOCK', policy: { version: 9 } });
  expect(decided.trace.rules.map(({ id }) => id)).toContain('twice');
  expect(diagnostics.map(({ severity }) => severity)).toContain('warning');
  const broken = policyFiles({ version: 9, more: 'rule broken { when valeu > 1 USD then block }' });
  await expect(simulateTransfer(services, alice.actor, input, broken)).rejects.toMatchObject({
    code: 'POLICY_SYNTAX',
    context: { diagnostics: [expect.stringMatching(/^payments\.policy:\d+:\d+: /)] },
  });
});
