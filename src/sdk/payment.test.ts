/** The walkthrough's payment through the SDK, the real gateway and a running worker. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import { USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import { parseAmount } from './amount.ts';
import type { Approval, Asset, Transfer, Wallet } from './types.ts';

let stage: GatewayStage;
let ada: Visitor;
let alice: Visitor;
let bob: Visitor;
let carol: Visitor;
let wallet: Wallet;
let usdc: Asset;

beforeAll(async () => {
  stage = await openGatewayStage({ worker: true });
  ada = await stage.found();
  alice = await stage.join(ada, 'Alice', 'finance-operator');
  bob = await stage.join(ada, 'Bob', 'treasury-manager');
  carol = await stage.join(ada, 'Carol', 'compliance');
});

afterAll(() => stage.close());

test('a person registers, signs out, and signs in again with the same passkey', async () => {
  const { client, session } = alice;
  expect(session.viewer).toMatchObject({
    user: { name: 'Alice', email: 'alice@acme.example' },
    organization: { name: 'Acme' },
    roles: [{ name: 'finance-operator', title: 'Finance Operator' }],
  });
  await client.logout();
  await expect(client.viewer()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const again = await client.login({ email: 'alice@acme.example' });
  expect(again.viewer.user).toEqual(session.viewer.user);
  const second = stage.visit(alice.authenticator).client;
  expect(await second.resume(again.sessionToken)).toEqual(again.viewer);
});

test('compliance publishes the policy, and a manager makes a wallet', async () => {
  const managers = ['bob@acme.example'];
  const change = await carol.client.publishPolicy(policyFiles({ version: 1, managers }));
  expect(change).toMatchObject({ operation: 'publishPolicy', state: 'APPLIED' });
  const { id } = await bob.client.createWallet({
    network: 'local-evm',
    name: 'Operations',
    tags: ['payments'],
    externalId: 'operations',
  });
  const events = ada.client.events({ after: '0', walletId: id, types: ['WALLET_UPDATED'] });
  for await (const { payload } of events) {
    if ((payload as { state: string }).state === 'ACTIVE') break;
  }
  wallet = await ada.client.wallet(id);
  expect(wallet).toMatchObject({ state: 'ACTIVE', tags: ['payments'], waiting: null });
  await fundNative(stage.anvil.url, wallet.address ?? '', 10n ** 18n);
  await mintTestUsdc(stage.anvil.url, wallet.address ?? '', 1_000_000_000_000n);
  const assets = await alice.client.assets({ network: 'local-evm', search: 'usd' });
  [usdc] = assets.items as [Asset];
  const balances = await alice.client.balances(wallet.id);
  expect(balances.find(({ asset }) => asset.id === USDC)).toEqual({
    asset: { id: USDC },
    amount: '1000000000000',
    display: '1,000,000 USDC',
  });
});

test('50,000 USDC wait for Bob, who is told at once, and reach the vendor; both see each state', async () => {
  const requests = bob.client.approvalRequested();
  const asked = requests.next();
  const transfer = await alice.client.createTransfer({
    walletId: wallet.id,
    asset: USDC,
    amount: parseAmount('50,000 USDC', usdc),
    to: VENDOR,
    memo: 'Invoice 17',
    externalId: 'invoice-17',
  });
  expect(transfer).toMatchObject({ state: 'PENDING_APPROVAL', display: '50,000 USDC', to: VENDOR });
  expect(transfer.decision?.rules.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['vendor-list', 'MATCHED'],
    ['daily-limit', 'NOT_MATCHED'],
    ['manager-approval', 'MATCHED'],
  ]);
  const states = [alice, bob].map(({ client }) => statesOf(client.transferUpdated(transfer.id)));
  const approval = (await asked).value as Approval;
  await requests.return?.();
  expect(approval).toMatchObject({
    viewerMayDecide: true,
    transfer: { id: transfer.id, display: '50,000 USDC' },
    requirement: { quorums: [{ group: 'managers', count: 1 }], excludeInitiator: true },
  });
  const input = { approvalId: approval.id, decision: 'APPROVE', reason: 'As invoiced' } as const;
  expect(await bob.client.decideApproval(input, approval)).toMatchObject({
    state: 'APPROVED',
    viewerMayDecide: false,
    decisions: [{ approver: { name: 'Bob' }, decision: 'APPROVE', reason: 'As invoiced' }],
  });
  const path = ['PENDING_APPROVAL', 'QUEUED', 'SIGNING', 'BROADCAST', 'CONFIRMED'];
  expect(await Promise.all(states)).toEqual([path, path]);
  const done = await alice.client.transfer(transfer.id);
  expect(done.transaction?.hash).toMatch(/^0x[0-9a-f]{64}$/);
  const query = `query ($id: ID!) { transfer(id: $id) {
    timeline { action state actor { name } } approvals { eligible { name } }
    wallet { createdBy { name } key { curve } transfers(first: 5) { edges { node { id } } } }
  } }`;
  expect(await alice.client.query(query, { id: transfer.id })).toEqual({
    transfer: {
      timeline: [
        { action: 'transfer.created', state: null, actor: { name: 'Alice' } },
        { action: 'transfer.pending_approval', state: 'PENDING_APPROVAL', actor: null },
        { action: 'transfer.queued', state: 'QUEUED', actor: { name: 'Bob' } },
        { action: 'transfer.signing', state: 'SIGNING', actor: null },
        { action: 'transfer.broadcast', state: 'BROADCAST', actor: null },
        { action: 'transfer.confirmed', state: 'CONFIRMED', actor: null },
      ],
      approvals: [{ eligible: [] }],
      wallet: {
        createdBy: { name: 'Bob' },
        key: { curve: 'secp256k1' },
        transfers: { edges: [{ node: { id: transfer.id } }] },
      },
    },
  });
});

async function statesOf(updates: AsyncIterableIterator<Transfer>): Promise<string[]> {
  const states: string[] = [];
  for await (const { state } of updates) {
    states.push(state);
    if (state === 'CONFIRMED' || state === 'FAILED') break;
  }
  return states;
}
