import { HDKey } from '@scure/bip32';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { verbsOf } from '#chains/verbs.ts';
import { findNetwork } from '#chains/registry.ts';
import { PlatformError } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { DAY_MS } from '#core/time.ts';
import { reader } from '#persistence/database.ts';
import { Key, type KeyRow } from '#persistence/key.ts';
import { Wallet } from '#persistence/wallet.ts';
import {
  type Acme,
  auditOf,
  beginAndSign,
  carryOut,
  fundWallet,
  openAcme,
  openWallet,
  pay,
} from '#testing/acme.ts';
import { foundOrganization, login } from '#testing/person.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceKey } from './advance-key.ts';
import type { CreateKeyInput, UserActionRequest } from './inputs.ts';
import {
  createKey,
  exportKey,
  importKey,
  listKeys,
  readExtendedKey,
  readKey,
  refreshKey,
} from './key.ts';
import { createJobRunner } from './sweep.ts';
import { LEASE_MS } from './transition.ts';
import { beginUserAction } from './user-action.ts';
import { createWallet } from './wallet.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
});
afterEach(() => {
  stage.cluster.running.add(1).add(2).add(3);
  stage.cluster.refusal = undefined;
});
afterAll(() => stage.close());

const INPUT: CreateKeyInput = { name: 'Treasury', scheme: 'ecdsa-secp256k1' };

async function create(input: CreateKeyInput = INPUT, person = acme.ada): Promise<KeyRow> {
  const signed = await beginAndSign(acme.services, person, { operation: 'createKey', input });
  return createKey(acme.services, person.actor, input, signed);
}

async function refresh(keyId: string, person = acme.ada): Promise<KeyRow> {
  const input = { keyId };
  const signed = await beginAndSign(acme.services, person, { operation: 'refreshKey', input });
  return refreshKey(acme.services, person.actor, input, signed);
}

const reload = ({ id }: KeyRow) => reader(acme.services.db).findOneOrFail(Key, { id });

async function activeKey(input?: CreateKeyInput): Promise<KeyRow> {
  const key = await create(input);
  await advanceKey(acme.services, key.id);
  return reload(key);
}

const derived = (key: KeyRow, network = 'local-evm') =>
  openWallet(acme.services, acme.ada, {
    network,
    name: 'Child',
    tags: ['payments'],
    keyId: key.id,
  });

test('a key is made by the nodes, once, and its steps are in the log', async () => {
  const key = await create();
  expect(key).toMatchObject({ state: 'CREATING', task: { kind: 'create' } });
  await Promise.all([advanceKey(acme.services, key.id), advanceKey(acme.services, key.id)]);
  const made = await reload(key);
  expect(made).toMatchObject({ state: 'ACTIVE', task: null, waiting: null, dueAt: null });
  expect(made.publicKey).toHaveLength(33);
  expect(await auditOf(acme, key.id)).toEqual(['key.created', 'key.active']);
});

test('wallets of one key lie beside each other, each with an address of its own', async () => {
  const key = await activeKey();
  const wallets = [await derived(key), await derived(key), await derived(key, 'sepolia')];
  expect(wallets.map(({ path }) => path)).toEqual([
    'm/44/60/0/0/0',
    'm/44/60/0/0/1',
    'm/44/60/0/0/2',
  ]);
  const addresses = wallets.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(3);
  const own = verbsOf(findNetwork('local-evm')).address(key.publicKey ?? new Uint8Array());
  expect(addresses).not.toContain(own);
  expect(wallets.map((wallet) => wallet.key)).toEqual([key.id, key.id, key.id]);
});

test('ten wallets of one key at once get ten paths', async () => {
  const key = await activeKey();
  const input = { network: 'local-evm', name: 'Child', keyId: key.id };
  const action = { operation: 'createWallet', input } as const;
  const signed = [];
  for (let i = 0; i < 10; i++) signed.push(await beginAndSign(acme.services, acme.ada, action));
  const wallets = await Promise.all(
    signed.map((each) => createWallet(acme.services, acme.ada.actor, input, each)),
  );
  const last = wallets.map(({ path }) => Number(path.split('/').at(-1)));
  expect(last.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a wallet of a shared key pays', async () => {
  const wallet = await derived(await activeKey());
  await fundWallet(stage, wallet);
  const paid = await carryOut(acme, await pay(acme, { walletId: wallet.id }));
  expect(paid).toMatchObject({ state: 'CONFIRMED' });
});

test('new shares are taken, the key and its wallets stay, and they pay', async () => {
  const key = await activeKey();
  const wallet = await derived(key);
  await fundWallet(stage, wallet);
  expect(await refresh(key.id)).toMatchObject({ state: 'ACTIVE', task: { kind: 'refresh' } });
  // A second request joins the first.
  await refresh(key.id);
  await advanceKey(acme.services, key.id);
  const refreshed = await reload(key);
  expect(refreshed).toMatchObject({ state: 'ACTIVE', task: null, publicKey: key.publicKey });
  expect(refreshed.refreshedAt).toBeGreaterThan(key.createdAt);
  expect(await auditOf(acme, key.id)).toEqual([
    'key.created',
    'key.active',
    'key.refresh-requested',
    'key.refreshed',
  ]);
  const paid = await carryOut(acme, await pay(acme, { walletId: wallet.id }));
  expect(paid).toMatchObject({ state: 'CONFIRMED' });
});

test('while nodes are away a task waits, says so, and is sent again by the sweeper', async () => {
  const runner = createJobRunner(acme.services);
  stage.cluster.running.delete(3);
  const key = await create();
  await runner.run({ name: 'advance-key', key: key.id });
  expect(await reload(key)).toMatchObject({
    state: 'CREATING',
    waiting: { code: 'SIGNERS_UNAVAILABLE' },
  });
  stage.cluster.running.add(3);
  const taken: string[] = [];
  const send = async (_: unknown, job: { readonly name: string; readonly key?: string }) => {
    if (job.key !== undefined) taken.push(job.key);
  };
  stage.pass(10 * LEASE_MS);
  await createJobRunner({ ...acme.services, jobs: { send } }).sweep();
  expect(taken).toContain(key.id);
  await runner.run({ name: 'advance-key', key: key.id });
  expect(await reload(key)).toMatchObject({ state: 'ACTIVE', waiting: null });
});

const refuse = () => Promise.reject(new PlatformError('EVIDENCE_REJECTED', { reason: 'no' }));

test('a key that the nodes refuse for good has failed, and says why', async () => {
  const cluster = { ...acme.services.cluster, createKey: refuse, refreshKey: refuse };
  const services = { ...acme.services, cluster };
  const key = await create();
  await advanceKey(services, key.id);
  const failed = { code: 'EVIDENCE_REJECTED' };
  expect(await reload(key)).toMatchObject({ state: 'FAILED', task: null, failure: failed });
  const good = await activeKey();
  await refresh(good.id);
  await advanceKey(services, good.id);
  expect(await reload(good)).toMatchObject({ state: 'ACTIVE', task: null, failure: failed });
  expect(await auditOf(acme, good.id)).toContain('key.refused');
  await expect(derived(key)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(refresh(key.id)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('twenty equal requests with one externalId make one key', async () => {
  const input = { ...INPUT, externalId: 'treasury' };
  const action = { operation: 'createKey', input } as const;
  const signed = await beginAndSign(acme.services, acme.ada, action);
  const keys = await Promise.all(
    Array.from({ length: 20 }, () => createKey(acme.services, acme.ada.actor, input, signed)),
  );
  expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
  await expect(create({ ...input, name: 'Other' })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test.each<[string, Partial<CreateKeyInput>]>([
  ['an unknown scheme', { scheme: 'rsa' }],
  ['an empty name', { name: '' }],
  ['a bad externalId', { externalId: 'a b' }],
])('%s is refused with a hint', async (_, other) => {
  await expect(create({ ...INPUT, ...other })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { hint: expect.any(String) },
  });
});

test('a key of another scheme, an unknown one, and one that is not ready make no wallet', async () => {
  const taproot = await activeKey({ name: 'Taproot', scheme: 'frost-secp256k1' });
  await expect(derived(taproot)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(derived(await create())).rejects.toThrow(/the key is creating/);
  const unknown = { ...taproot, id: newId('key', 1, new Uint8Array(10)) };
  await expect(derived(unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('who may not, may not; and another organisation sees nothing', async () => {
  const key = await activeKey();
  await expect(create(INPUT, acme.alice)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(refresh(key.id, acme.bob)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const { admin } = await foundOrganization(acme.services, 'Other');
  await expect(readKey(acme.services, admin.actor, key.id)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(refresh(key.id, admin)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const input = { network: 'local-evm', name: 'Theirs', keyId: key.id };
  const begun = beginAndSign(acme.services, admin, { operation: 'createWallet', input });
  const made = begun.then((signed) => createWallet(acme.services, admin.actor, input, signed));
  await expect(made).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await listKeys(acme.services, admin.actor, {})).edges).toEqual([]);
  const theirs = { organization: admin.actor.organization };
  expect(await reader(acme.services.db).count(Wallet, theirs)).toBe(0);
});

const DEALING = '{"domain":"countersign/import/v1"}';

async function importOne(name = 'Old'): Promise<KeyRow> {
  const input = { name, scheme: 'ecdsa-secp256k1', dealing: DEALING };
  const signed = await beginAndSign(acme.services, acme.ada, { operation: 'importKey', input });
  return importKey(acme.services, acme.ada.actor, input, signed);
}

const RECIPIENT = 'ab'.repeat(32);

async function exportOne(keyId: string): Promise<KeyRow> {
  const input = { keyId, recipient: RECIPIENT, exporters: [2, 1] };
  const signed = await beginAndSign(acme.services, acme.ada, { operation: 'exportKey', input });
  return exportKey(acme.services, acme.ada.actor, input, signed);
}

const withCluster = (change: Partial<typeof acme.services.cluster>) => ({
  ...acme.services,
  cluster: { ...acme.services.cluster, ...change },
});
const wordless = () => Promise.reject(new PlatformError('OPERATOR_APPROVAL_REQUIRED'));

test('an import waits for the word of the operators, then the key is there and marked', async () => {
  const donor = await activeKey();
  const { publicKey, chainCode } = donor;
  if (!publicKey || !chainCode) throw new Error('the donor is not made');
  const key = await importOne();
  await advanceKey(withCluster({ importKey: wordless }), key.id);
  expect(await reload(key)).toMatchObject({
    state: 'CREATING',
    provenance: 'imported',
    waiting: { code: 'OPERATOR_APPROVAL_REQUIRED' },
  });
  const asked: unknown[] = [];
  const importKeyOf: typeof acme.services.cluster.importKey = async (request) => {
    asked.push(request);
    return { publicKey, chainCode };
  };
  await advanceKey(withCluster({ importKey: importKeyOf }), key.id);
  expect(asked).toMatchObject([{ keyId: key.id, scheme: 'ecdsa-secp256k1', dealing: DEALING }]);
  expect(await reload(key)).toMatchObject({ state: 'ACTIVE', provenance: 'imported', task: null });
  expect(await auditOf(acme, key.id)).toEqual(['key.import-requested', 'key.imported']);
});

test('whoever waits for operators for a day waits no longer', async () => {
  const key = await importOne();
  const services = withCluster({ importKey: wordless });
  await advanceKey(services, key.id);
  stage.pass(DAY_MS + 1);
  await advanceKey(services, key.id);
  expect(await reload(key)).toMatchObject({
    state: 'FAILED',
    failure: { code: 'OPERATOR_APPROVAL_REQUIRED' },
  });
});

const exportKeyOf: typeof acme.services.cluster.exportKey = async ({ exporters }) => ({
  shares: exporters.map((party) => `share of ${party}`),
});

test('an exported key signs no more, its wallets are archived, and its shares are for its recipient', async () => {
  const { ada } = acme;
  const renewed = { ...acme, ada: { ...ada, ...(await renew(ada)) } };
  acme = renewed;
  const key = await activeKey();
  const wallet = await derived(key);
  expect(await exportOne(key.id)).toMatchObject({ state: 'ACTIVE', task: { kind: 'export' } });
  await expect(refresh(key.id)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  await advanceKey(withCluster({ exportKey: exportKeyOf }), key.id);
  expect(await reload(key)).toMatchObject({
    state: 'EXPORTED',
    task: null,
    exported: { recipient: RECIPIENT, shares: ['share of 1', 'share of 2'] },
  });
  expect(await reader(acme.services.db).findOneOrFail(Wallet, { id: wallet.id })).toMatchObject({
    state: 'ARCHIVED',
  });
  await expect(derived(key)).rejects.toThrow(/the key is exported/);
  await expect(exportOne(key.id)).rejects.toThrow(/the key is exported/);
  expect((await auditOf(acme, key.id)).slice(-2)).toEqual(['key.export-requested', 'key.exported']);
});

/** The day that passed above has ended the session. */
const renew = async ({ authenticator }: typeof acme.ada) => {
  const { actor, token } = await login(acme.services, authenticator);
  return { actor, token };
};

test('the extended key at a path shows the addresses of the wallets there', async () => {
  const key = await activeKey();
  const wallet = await derived(key);
  const text = readExtendedKey(acme.ada.actor, key, 'm/44/60/0/0');
  const account = HDKey.fromExtendedKey(text ?? '');
  const child = account.deriveChild(0).publicKey;
  expect(verbsOf(findNetwork('local-evm')).address(child ?? new Uint8Array())).toBe(wallet.address);
  expect(() => readExtendedKey(acme.ada.actor, key, "m/44'")).toThrow(/hardened/);
});

test.each([
  ['no dealing', () => ({ operation: 'importKey', input: { ...INPUT, dealing: 'no json' } })],
  [
    'a long dealing',
    () => ({ operation: 'importKey', input: { ...INPUT, dealing: `{${'a'.repeat(40_000)}}` } }),
  ],
  ['a short recipient', () => ({ operation: 'exportKey', input: { ...EXPORT, recipient: 'ab' } })],
  ['no exporters', () => ({ operation: 'exportKey', input: { ...EXPORT, exporters: [] } })],
  ['party 0', () => ({ operation: 'exportKey', input: { ...EXPORT, exporters: [0] } })],
] as const)('%s is refused with a hint', async (_, request) => {
  await expect(
    beginUserAction(acme.services, acme.ada.actor, request() as UserActionRequest),
  ).rejects.toMatchObject({ code: 'INVALID_INPUT', context: { hint: expect.any(String) } });
});
const EXPORT = {
  keyId: newId('key', 1, new Uint8Array(10)),
  recipient: RECIPIENT,
  exporters: [1, 2],
};
