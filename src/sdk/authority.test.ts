/**
 * Changes of who may do what, as people make them: each counts at once at the gateway, and what waits for
 * a second person counts once that person has approved. The nodes' part: `src/mandate/`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dollars, USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import type { WalletId } from '#core/ids.ts';
import { generateKey } from '#workflow/generate-key.ts';
import type { ChangeRequest } from './types.ts';

let stage: GatewayStage;
let ada: Visitor;
let alice: Visitor;
let bob: Visitor;
let carol: Visitor;
let walletId: string;

beforeAll(async () => {
  stage = await openGatewayStage();
  ada = await stage.found();
  alice = await stage.join(ada, 'Alice', 'finance-operator');
  bob = await stage.join(ada, 'Bob', 'treasury-manager');
  carol = await stage.join(ada, 'Carol', 'compliance');
  const input = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
  walletId = (await ada.client.createWallet(input)).id;
  await generateKey(stage.services, walletId as WalletId);
}, 60_000);
afterAll(() => stage.close());

const idOf = ({ session }: Visitor) => session.viewer.user.id;
let payments = 0;
const pay = (by = alice, amount = dollars(5_000)) => {
  const externalId = `payment-${(payments += 1)}`;
  return by.client.createTransfer({ walletId, asset: USDC, amount, to: VENDOR, externalId });
};

async function approve(by: Visitor, { id }: ChangeRequest): Promise<void> {
  const { items } = await by.client.approvals({ state: 'OPEN' });
  const approval = items.find(({ change }) => change?.id === id);
  if (approval === undefined) throw new Error(`nobody is asked about ${id}`);
  await by.client.decideApproval({ approvalId: approval.id, decision: 'APPROVE' }, approval);
}

const entry = (address: string) => ({ label: 'Vendor', network: 'local-evm', address });
const setVendors = (...addresses: string[]) =>
  carol.client.setAddressList({ name: 'approved-vendors', entries: addresses.map(entry) });

test('a policy reads lists and groups of the registry as they are at each decision', async () => {
  await setVendors(VENDOR);
  await carol.client.setGroup({ name: 'managers', members: ['bob@acme.example'] });
  await carol.client.publishPolicy(policyFiles({ version: 1, isRegistered: true }));
  expect(await alice.client.addressLists()).toEqual([
    { name: 'approved-vendors', version: 1, entries: [entry(VENDOR)] },
  ]);
  const [group] = await alice.client.groups();
  expect(group?.members.map(({ email, user }) => [email, user.name])).toEqual([
    ['bob@acme.example', 'Bob'],
  ]);
  expect((await pay()).state).toBe('QUEUED');
  await setVendors();
  const refused = await pay();
  expect(refused).toMatchObject({ state: 'REJECTED', reason: { code: 'POLICY_DENIED' } });
  await setVendors(VENDOR);
  const [decision] = await alice.client.decisions(refused.id);
  expect(JSON.parse(decision?.snapshot ?? '').registry).toMatchObject({
    lists: { 'approved-vendors': { version: 2, entries: [] } },
    groups: { managers: { version: 1 } },
  });
});

test('a person of compliance tags a wallet, and policies decide by it at once', async () => {
  const tag = (by: Visitor, ...tags: string[]) => by.client.updateWallet({ walletId, tags });
  const { wallet, change } = await tag(carol, 'reserve', 'cold', 'cold');
  expect(wallet.tags).toEqual(['cold', 'reserve']);
  expect(change).toMatchObject({ operation: 'updateWallet', subject: walletId, state: 'APPLIED' });
  const refused = await pay();
  expect(refused).toMatchObject({ state: 'REJECTED', reason: { code: 'POLICY_DENIED' } });
  for (const by of [ada, bob, alice]) {
    await expect(tag(by, 'payments')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  await expect(tag(carol, 'Payments')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await tag(carol, 'payments');
  expect((await alice.client.wallet(walletId)).tags).toEqual(['payments']);
  expect((await pay()).state).toBe('QUEUED');
});

const assetsOf = async ({ client }: Visitor) =>
  (await client.assets({ network: 'local-evm' })).items.map((asset) => asset.id);
const ask = ({ client }: Visitor, asset: string) =>
  client.query('query ($asset: String!) { asset(id: $asset) { id decimals } }', { asset });

test("an organisation's own token is among its assets, and among nobody else's", async () => {
  const id = 'TEUR@local-evm';
  const token = { network: 'local-evm', contract: VENDOR, symbol: 'TEUR', name: 'E', decimals: 2 };
  const change = await carol.client.registerAsset(token);
  expect(change).toMatchObject({ operation: 'registerAsset', subject: id, state: 'APPLIED' });
  const elsewhere = await stage.found('Tokens elsewhere');
  const builtIn = ['ETH@local-evm', 'USDC@local-evm'];
  expect(await assetsOf(alice)).toEqual(['ETH@local-evm', id, 'USDC@local-evm']);
  expect(await assetsOf(elsewhere)).toEqual(builtIn);
  expect(await ask(alice, id)).toMatchObject({ asset: { id, decimals: 2 } });
  // Another organisation's token answers exactly as one that nobody has.
  const refusalOf = (asset: string) =>
    ask(elsewhere, asset).then(
      () => 'an answer',
      ({ code, context }: { readonly code: string; readonly context: object }) =>
        JSON.stringify({ code, context }).replaceAll(asset, 'the asset'),
    );
  expect(await refusalOf(id)).toBe(await refusalOf('NONE@local-evm'));
  for (const by of [ada, bob, alice]) {
    await expect(by.client.registerAsset({ ...token, symbol: 'X' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  }
  await expect(carol.client.registerAsset(token)).rejects.toMatchObject({
    context: { field: 'symbol', reason: `there is ${id} already` },
  });
  await carol.client.retireAsset({ asset: id });
  const { items } = await alice.client.assets({ search: 'teur' });
  expect(items).toMatchObject([{ id, retired: true }]);
  await expect(elsewhere.client.retireAsset({ asset: id })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});

test('one person freezes a wallet and the organisation, and two release them', async () => {
  const organizationId = bob.session.viewer.organization.id;
  const frozen = { code: 'KEY_LOCKED', context: { reason: expect.stringMatching(/is frozen/) } };
  const { wallet } = await bob.client.freezeWallet({ walletId });
  expect(wallet.frozen).toBe(true);
  await expect(pay()).rejects.toMatchObject(frozen);
  await expect(alice.client.freezeWallet({ walletId })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  const released = await bob.client.unfreezeWallet({ walletId });
  expect(released).toMatchObject({
    wallet: { frozen: true },
    change: { state: 'PENDING_APPROVAL' },
  });
  await approve(ada, released.change);
  expect((await pay()).state).toBe('QUEUED');
  const stopped = await carol.client.freezeOrganization({ organizationId });
  expect(stopped.organization.frozen).toBe(true);
  await expect(pay()).rejects.toMatchObject(frozen);
  const { change } = await ada.client.unfreezeOrganization({ organizationId });
  await expect(pay()).rejects.toMatchObject(frozen);
  await approve(bob, change);
  expect((await pay()).state).toBe('QUEUED');
});

test('other roles count at once, in open sessions too', async () => {
  const dan = await stage.join(ada, 'Dan', 'finance-operator');
  await pay(dan);
  const { change } = await ada.client.changeRoles({ userId: idOf(dan), roles: ['compliance'] });
  expect(change).toMatchObject({
    state: 'PENDING_APPROVAL',
    approval: {
      requirement: { quorums: [{ group: 'people with authority over others', count: 1 }] },
    },
  });
  expect(change.approval?.eligible.map(({ name }) => name).toSorted()).toEqual(['Bob', 'Carol']);
  expect((await pay(dan)).state).toBe('QUEUED');
  await approve(bob, change);
  expect((await dan.client.viewer()).roles.map(({ name }) => name)).toEqual(['compliance']);
  await expect(pay(dan)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await ada.client.changeRoles({ userId: idOf(dan), roles: ['compliance', 'finance-operator'] });
  expect((await pay(dan)).state).toBe('QUEUED');
  const own = { userId: idOf(ada), roles: ['admin', 'compliance'] } as const;
  await expect(ada.client.changeRoles(own)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('a second passkey signs in and signs, and the first can end then', async () => {
  const eve = await stage.join(ada, 'Eve', 'finance-operator');
  const [first] = await eve.client.credentials();
  const ended = { credentialId: first?.credentialId ?? '' };
  await expect(eve.client.revokeCredential(ended)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { reason: 'it is your only passkey' },
  });
  const { client, other } = await stage.withAnotherDevice(eve);
  const { credential } = await client.addCredential();
  expect(credential).toMatchObject({ revoked: false, lastUsedAt: null });
  const second = stage.visit(other).client;
  await second.login();
  await second.revokeCredential(ended);
  await expect(pay(eve)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  await expect(eve.client.login()).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
  expect((await pay({ ...eve, client: second })).state).toBe('QUEUED');
  expect((await second.credentials()).map(({ revoked }) => revoked)).toEqual([true, false]);
});

test('an administrator ends the passkey of somebody else, who is signed out', async () => {
  const fay = await stage.join(ada, 'Fay', 'finance-operator');
  const [passkey] = await fay.client.credentials();
  const choice = { credentialId: passkey?.credentialId ?? '' };
  await expect(alice.client.revokeCredential(choice)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await ada.client.revokeCredential(choice);
  await expect(fay.client.viewer()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  const elsewhere = await stage.found('Elsewhere');
  await expect(elsewhere.client.revokeCredential(choice)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('a person who has lost every passkey gets a link that works once another has approved', async () => {
  const gus = await stage.join(ada, 'Gus', 'finance-operator');
  const { inviteToken, change } = await ada.client.recoverUser({ userId: idOf(gus) });
  expect(change.state).toBe('PENDING_APPROVAL');
  await expect(stage.register(inviteToken)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect((await pay(gus)).state).toBe('QUEUED');
  await approve(carol, change);
  await expect(gus.client.viewer()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  await expect(gus.client.login()).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
  const again = await stage.register(inviteToken);
  expect(again.session.viewer.user.id).toBe(idOf(gus));
  expect((await pay(again)).state).toBe('QUEUED');
  await expect(stage.register(inviteToken)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
