/** When a client calls a change effective, and an address verified, whatever the gateway says. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { ChangeId, WalletId } from '#core/ids.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { generateKey } from '#workflow/generate-key.ts';
import { gatherReceipts } from '#workflow/gather-receipts.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import { CountersignClient } from './client.ts';
import { type PinnedNodes, nodeKeysOf } from './node-keys.ts';
import type { ChangeRequest, Wallet } from './types.ts';

const GOVERNED = {
  governs: 'transfer, policy-change',
  managers: ['bob@acme.example', 'ben@acme.example'],
  more: `rule policy-changes "Two managers look at the policy" {
  applies to policy-change
  when    always
  then    allow with approval by 2 of managers, not by initiator
}
`,
};

let stage: GatewayStage;
let bob: Visitor;
let ben: Visitor;
let carol: Visitor;
let change: ChangeRequest;
let nodeKeys: PinnedNodes;
let treasury: Wallet | undefined;
let reserve: Wallet | undefined;

beforeAll(async () => {
  stage = await openGatewayStage();
  const ada = await stage.found();
  bob = await stage.join(ada, 'Bob', 'treasury-manager');
  ben = await stage.join(ada, 'Ben', 'treasury-manager');
  carol = await stage.join(ada, 'Carol', 'compliance');
  await carol.client.publishPolicy(policyFiles({ version: 1, ...GOVERNED }));
  const identities = stage.cluster.cosigners.map(({ publicKey }) => hex(publicKey));
  nodeKeys = { threshold: 2, identities };
  [treasury, reserve] = await Promise.all(
    ['Treasury', 'Reserve'].map(async (name) => {
      const { id } = await ada.client.createWallet({ network: 'local-evm', name });
      await generateKey(stage.services, id as WalletId);
      return ada.client.wallet(id);
    }),
  );
});

afterAll(() => stage.close());

test('two managers see the change that they sign, and with the second it is applied', async () => {
  change = await carol.client.publishPolicy(policyFiles({ version: 2, ...GOVERNED }));
  expect(change).toMatchObject({ state: 'PENDING_APPROVAL', policyBundle: null });
  for (const [manager, state] of [
    [bob, 'OPEN'],
    [ben, 'APPROVED'],
  ] as const) {
    const { items } = await manager.client.approvals({ state: 'OPEN' });
    const [approval] = items;
    if (approval === undefined) throw new Error('nobody was asked');
    expect(approval).toMatchObject({ intentHash: change.hash, viewerMayDecide: true });
    expect(approval.intent).toBe(change.statement);
    const input = { approvalId: approval.id, decision: 'APPROVE' } as const;
    expect((await manager.client.decideApproval(input, approval)).state).toBe(state);
  }
  const applied = await carol.client.changeRequest(change.id);
  expect(applied).toMatchObject({ state: 'APPLIED', policyBundle: { version: 2 } });
});

/** Carol at another device: with these keys, and a gateway that alters its answers so. */
async function carolWith(
  keys: PinnedNodes | readonly PinnedNodes[] | undefined,
  alter = (text: string): string => text,
  through = fetch,
) {
  const altering: typeof fetch = async (...request) => {
    const response = await through(...request);
    const { status, headers } = response;
    const body = alter(await response.text());
    return new Response(body, {
      status,
      headers: { 'content-type': headers.get('content-type') ?? '' },
    });
  };
  const { authenticator } = carol;
  const { origin } = stage.services;
  const pinned = keys === undefined ? {} : { nodeKeys: keys };
  const options = { url: stage.url, origin, authenticator, fetch: altering, ...pinned };
  const client = new CountersignClient(options);
  await client.resume(carol.session.sessionToken);
  return client;
}

test('a client with the keys of the nodes calls it effective with their receipts', async () => {
  await gatherReceipts(stage.services, change.id as ChangeId);
  const client = await carolWith(nodeKeys);
  expect((await client.changeRequest(change.id)).state).toBe('EFFECTIVE');
  const { items } = await client.changes({ subject: change.subject });
  expect(items.map(({ state }) => state)).toEqual(['EFFECTIVE']);
});

test('a client that knows no nodes calls it applied, because nothing shows more', async () => {
  const client = await carolWith(undefined);
  expect(await client.changeRequest(change.id)).toMatchObject({
    state: 'APPLIED',
    effectiveAt: null,
  });
});

type Answer = { data: { change: { proof: Proof | null; subject: string } } };
type Proof = { receipts: { statement: string; signature: string }[]; links: string[] };

const edited = (edit: (change: Answer['data']['change']) => void) => (text: string) => {
  const answer = JSON.parse(text) as Partial<Answer>;
  if (answer.data?.change === undefined) return text;
  edit(answer.data.change);
  return JSON.stringify(answer);
};

test.each<[string, (text: string) => string]>([
  ['no proof', edited((told) => (told.proof = null))],
  ['too few receipts', edited(({ proof }) => proof?.receipts.pop())],
  [
    'a receipt with another signature',
    edited(({ proof }) => {
      const [first, second] = proof?.receipts ?? [];
      if (first && second) first.signature = second.signature;
    }),
  ],
  [
    'one receipt in the place of all',
    edited(({ proof }) => proof?.receipts.fill(proof.receipts[0] as Proof['receipts'][number])),
  ],
  ['another log', edited(({ proof }) => proof?.links.push('ab'.repeat(32)))],
  ['another object', edited((told) => (told.subject = `${told.subject.slice(0, -1)}0`))],
])('a gateway that says so with %s is refused', async (_, alter) => {
  const client = await carolWith(nodeKeys, alter);
  await expect(client.changeRequest(change.id)).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
    context: { field: 'receipts' },
  });
});

test('the parties of a committee of which somebody has left have gaps', () => {
  const parties = [2, 4, 5];
  expect([...nodeKeysOf({ ...nodeKeys, parties }).keys.keys()]).toEqual(parties);
  for (const bad of [[], [2, 4], [4, 2, 5], [2, 2, 5], [0, 1, 2]]) {
    expect(() => nodeKeysOf({ ...nodeKeys, parties: bad })).toThrow(/not the keys of a committee/);
  }
});

test('keys of other nodes, or of none, make nothing effective', async () => {
  const identities = nodeKeys.identities.toReversed();
  const client = await carolWith({ ...nodeKeys, identities });
  await expect(client.changeRequest(change.id)).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
  });
  for (const bad of [[], [...nodeKeys.identities.slice(1), 'ab'], Array(3).fill('ab'.repeat(32))]) {
    await expect(carolWith({ threshold: 2, identities: bad })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  }
});

const idOf = (wallet: Wallet | undefined): string => wallet?.id ?? '';

test('an address is verified with the words of all nodes, and not by the platform', async () => {
  const client = await carolWith(nodeKeys);
  expect(await client.wallet(idOf(treasury))).toEqual({ ...treasury, addressVerified: true });
  const { items } = await client.wallets();
  expect(items.map(({ addressVerified }) => addressVerified)).toEqual([true, true]);
  expect(treasury).toMatchObject({ state: 'ACTIVE', addressVerified: false });
  const told = (await carolWith(undefined)).wallet(idOf(treasury));
  expect(await told).toMatchObject({ addressVerified: false });
});

type ToldWallet = {
  id: string;
  address: string;
  path: string;
  network: { id: string };
  attestations: Receipt[];
};

const retold = (change: (told: ToldWallet) => void) => (text: string) => {
  const answer = JSON.parse(text) as { data?: { wallet?: ToldWallet } };
  if (answer.data?.wallet === undefined) return text;
  change(answer.data.wallet);
  return JSON.stringify(answer);
};

test.each<[string, (told: ToldWallet) => void]>([
  ['another address', (told) => (told.address = reserve?.address ?? '')],
  ['another path', (told) => (told.path = 'm/44/60/0/0/0')],
  ['another network', (told) => (told.network.id = 'ethereum')],
  ['the words of all nodes but one', (told) => told.attestations.pop()],
  [
    'one node in the place of all',
    (told) => told.attestations.fill(told.attestations[0] as Receipt),
  ],
  ['no word', (told) => (told.attestations = [])],
  ['no key', (told) => Object.assign(told, { key: undefined })],
  ['a key that is nothing', (told) => Object.assign(told, { key: null })],
  ['a network that is nothing', (told) => Object.assign(told, { network: null })],
  ['words that are a text', (told) => Object.assign(told, { attestations: 'words' })],
  ['words that are an object', (told) => Object.assign(told, { attestations: {} })],
  ['a word that is nothing', (told) => Object.assign(told, { attestations: [null] })],
  ['a word that is a number', (told) => Object.assign(told, { attestations: [{ statement: 5 }] })],
])('a gateway that tells a wallet with %s is refused', async (_, change) => {
  const client = await carolWith(nodeKeys, retold(change));
  await expect(client.wallet(idOf(treasury))).rejects.toMatchObject(UNATTESTED);
});

const UNATTESTED = { code: 'EVIDENCE_REJECTED', context: { field: 'attestations' } };

test('after one member was replaced the words of before hold with the keys of before', async () => {
  const [one = '', two = ''] = nodeKeys.identities;
  const identities = [one, two, hex(ed25519.getPublicKey(new Uint8Array(32).fill(4)))];
  const newest: PinnedNodes = { threshold: 2, identities, parties: [1, 2, 4] };
  const alone = await carolWith(newest);
  await expect(alone.wallets()).rejects.toMatchObject(UNATTESTED);
  const client = await carolWith([newest, nodeKeys]);
  const { items } = await client.wallets();
  expect(items.map(({ addressVerified }) => addressVerified)).toEqual([true, true]);
  expect((await client.changeRequest(change.id)).state).toBe('EFFECTIVE');
  const lying = await carolWith(
    [newest, nodeKeys],
    retold((told) => told.attestations.pop()),
  );
  await expect(lying.wallet(idOf(treasury))).rejects.toMatchObject(UNATTESTED);
});

test('another wallet, in the place of the one that was asked for, is refused', async () => {
  const asked = idOf(treasury);
  const exchanging: typeof fetch = (url, init = {}) =>
    fetch(url, { ...init, body: (init.body as string).replaceAll(asked, idOf(reserve)) });
  const client = await carolWith(nodeKeys, undefined, exchanging);
  await expect(client.wallet(asked)).rejects.toMatchObject(UNATTESTED);
  expect((await client.wallet(idOf(reserve))).addressVerified).toBe(true);
});
