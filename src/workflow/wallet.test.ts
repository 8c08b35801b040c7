import { afterAll, beforeAll, expect, test } from 'vitest';
import { verbsOf } from '#chains/verbs.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { findNetwork } from '#chains/registry.ts';
import { reader } from '#persistence/database.ts';
import { publicKeyOf } from '#persistence/key.ts';
import { Wallet } from '#persistence/wallet.ts';
import { type Acme, auditOf, beginAndSign, openAcme, openWallet } from '#testing/acme.ts';
import { foundOrganization } from '#testing/person.ts';
import { NETWORK, openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { generateKey, renewWords } from './generate-key.ts';
import type { CreateWalletInput } from './inputs.ts';
import { createWallet, listWallets, readBalances, readWallet } from './wallet.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
});

afterAll(async () => {
  await stage.close();
});

const INPUT: CreateWalletInput = { network: 'local-evm', name: 'Reserve', tags: ['b', 'a', 'b'] };

async function create(input: CreateWalletInput, person = acme.ada) {
  const signed = await beginAndSign(acme.services, person, { operation: 'createWallet', input });
  return createWallet(acme.services, person.actor, input, signed);
}

test("a wallet's address is that of the key which the nodes made", async () => {
  const wallet = await openWallet(acme.services, acme.ada, INPUT);
  expect(wallet).toMatchObject({ state: 'ACTIVE', tags: ['a', 'b'], waiting: null, dueAt: null });
  const publicKey = await publicKeyOf(reader(acme.services.db), wallet.key);
  expect(wallet.address).toBe(
    verbsOf(findNetwork(NETWORK)).address(publicKey ?? new Uint8Array(0)),
  );
  expect(await auditOf(acme, wallet.id)).toEqual(['wallet.created', 'wallet.active']);
});

test('making the key again changes nothing', async () => {
  const wallet = await openWallet(acme.services, acme.ada, INPUT);
  await Promise.all([generateKey(acme.services, wallet.id), generateKey(acme.services, wallet.id)]);
  expect(await readWallet(acme.services, acme.alice.actor, wallet.id)).toMatchObject({
    address: wallet.address,
    version: wallet.version,
  });
  expect(await auditOf(acme, wallet.id)).toEqual(['wallet.created', 'wallet.active']);
});

test('while nodes are away a wallet waits, says so, and becomes active when they return', async () => {
  stage.cluster.running.delete(3);
  const wallet = await openWallet(acme.services, acme.ada, INPUT);
  expect(wallet).toMatchObject({ state: 'CREATING', waiting: { code: 'SIGNERS_UNAVAILABLE' } });
  expect(await readBalances(acme.services, acme.alice.actor, wallet)).toEqual([]);
  stage.cluster.running.add(3);
  await generateKey(acme.services, wallet.id);
  expect(await readWallet(acme.services, acme.alice.actor, wallet.id)).toMatchObject({
    state: 'ACTIVE',
    waiting: null,
  });
});

const withoutKey = (said: Receipt | undefined): Receipt => ({
  statement: said?.statement ?? '',
  signature: '00'.repeat(64),
});

test.each<[string, (said: Map<number, Receipt>) => void]>([
  ['has not signed its address', (said) => said.delete(2)],
  ['signs the word of another', (said) => said.set(2, said.get(1) as Receipt)],
  ['signs with a key that is not its own', (said) => said.set(2, withoutKey(said.get(2)))],
])('a wallet of which a node %s is not active, and has no address', async (_, lie) => {
  const cluster: typeof acme.services.cluster = {
    ...acme.services.cluster,
    async registerWallet(request) {
      const registered = await acme.services.cluster.registerWallet(request);
      const attestations = new Map(registered.attestations);
      lie(attestations);
      return { ...registered, attestations };
    },
  };
  const wallet = await create(INPUT);
  await generateKey({ ...acme.services, cluster }, wallet.id);
  expect(await readWallet(acme.services, acme.alice.actor, wallet.id)).toMatchObject({
    state: 'CREATING',
    address: null,
    attestations: null,
    waiting: { code: 'EVIDENCE_REJECTED', message: expect.stringContaining('node 2 has not') },
  });
  await generateKey(acme.services, wallet.id);
  expect(await readWallet(acme.services, acme.alice.actor, wallet.id)).toMatchObject({
    state: 'ACTIVE',
    attestations: [{}, {}, {}],
  });
});

test('a worker that has no record of the committee gives no wallet an address', async () => {
  const cluster = { ...acme.services.cluster, nodeKeys: () => undefined };
  const wallet = await create(INPUT);
  await generateKey({ ...acme.services, cluster }, wallet.id);
  expect(await readWallet(acme.services, acme.alice.actor, wallet.id)).toMatchObject({
    state: 'CREATING',
    address: null,
    waiting: { code: 'NOT_CONFIGURED' },
  });
});

test('where a node has left that signed an address, those who hold the key sign it anew', async () => {
  const { services } = acme;
  const nodes = services.cluster.nodeKeys();
  const wallet = await openWallet(services, acme.ada, INPUT);
  expect(await renewWords(services)).toBe(0);

  // Party 3 has left, and no other has its number.
  const keys = new Map([...(nodes?.keys ?? [])].filter(([party]) => party !== 3));
  const holders = [1, 2];
  const cluster: typeof services.cluster = {
    ...services.cluster,
    nodeKeys: () => ({ threshold: 2, members: 2, keys }),
    async registerWallet(request) {
      const { publicKey, attestations } = await services.cluster.registerWallet(request);
      const said = [...attestations].filter(([party]) => holders.includes(party));
      return { publicKey, attestations: new Map(said) };
    },
  };
  const today = { ...services, cluster };
  expect(await renewWords(today)).toBeGreaterThan(0);
  await generateKey(today, wallet.id);
  const read = () => readWallet(services, acme.alice.actor, wallet.id);
  const waits = { code: 'EVIDENCE_REJECTED', message: expect.stringContaining('node 3 has not') };
  const { address, attestations } = wallet;
  expect(await read()).toMatchObject({ state: 'ACTIVE', address, attestations, waiting: waits });
  await generateKey(services, wallet.id);
  expect(await read()).toMatchObject({ state: 'ACTIVE', address, waiting: null, dueAt: null });
  expect(await renewWords(services)).toBe(0);
});

test('twenty equal requests with one externalId make one wallet', async () => {
  const input = { ...INPUT, externalId: 'treasury' };
  const action = { operation: 'createWallet', input } as const;
  const signed = await beginAndSign(acme.services, acme.ada, action);
  const wallets = await Promise.all(
    Array.from({ length: 20 }, () => createWallet(acme.services, acme.ada.actor, input, signed)),
  );
  expect(new Set(wallets.map(({ id }) => id)).size).toBe(1);
  expect((await create({ ...input, tags: ['a', 'b'] })).id).toBe(wallets[0]?.id);
  await expect(create({ ...input, name: 'Other' })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    context: { existing: wallets[0]?.id },
  });
  await expect(create(input, acme.bob)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  const where = { externalId: 'treasury' };
  expect(await reader(acme.services.db).count(Wallet, where)).toBe(1);
});

test('without an externalId each request makes its own wallet, and its signature only one', async () => {
  const action = { operation: 'createWallet', input: INPUT } as const;
  const signed = await beginAndSign(acme.services, acme.ada, action);
  await createWallet(acme.services, acme.ada.actor, INPUT, signed);
  const again = createWallet(acme.services, acme.ada.actor, INPUT, signed);
  await expect(again).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
});

test('a signature for one wallet does not make another', async () => {
  const action = { operation: 'createWallet', input: INPUT } as const;
  const signed = await beginAndSign(acme.services, acme.ada, action);
  const other = { ...INPUT, tags: ['payments'] };
  await expect(createWallet(acme.services, acme.ada.actor, other, signed)).rejects.toMatchObject({
    code: 'USER_ACTION_MISMATCH',
  });
});

test.each([
  ['an empty name', { name: '' }, 'INVALID_INPUT'],
  ['a name of several lines', { name: 'a\nb' }, 'INVALID_INPUT'],
  ['a name with spaces at its end', { name: 'a ' }, 'INVALID_INPUT'],
  ['a tag in capitals', { tags: ['Payments'] }, 'INVALID_INPUT'],
  ['too many tags', { tags: Array.from({ length: 21 }, (_, i) => `t${i}`) }, 'INVALID_INPUT'],
  ['an unknown network', { network: 'mars' }, 'NOT_FOUND'],
])('%s is refused with a hint', async (_, other, code) => {
  await expect(create({ ...INPUT, ...other })).rejects.toMatchObject({
    code,
    context: { hint: expect.any(String) },
  });
});

test('who may not create, may not; and another organisation sees nothing', async () => {
  await expect(create(INPUT, acme.alice)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const { admin } = await foundOrganization(acme.services, 'Other');
  await expect(readWallet(acme.services, admin.actor, acme.wallet.id)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await listWallets(acme.services, admin.actor, {})).edges).toEqual([]);
});
