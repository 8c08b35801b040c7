/**
 * Every mutation leaves its audit entry, whether it had its effect or the user may not do it. The
 * cases are checked against the schema: a new mutation fails here until it has one.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KeyId, OrganizationId, TransferId, WalletId } from '#core/ids.ts';
import { REFUSAL_WINDOW_MS } from '#identity/refused-action.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader, transaction } from '#persistence/database.ts';
import { Key } from '#persistence/key.ts';
import { Wallet } from '#persistence/wallet.ts';
import { DOCUMENTS, type DocumentName } from '#sdk/documents.ts';
import type { ChangeRequest } from '#sdk/types.ts';
import { dollars, fundWallet, USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { advanceTransfer } from '#workflow/advance-transfer.ts';
import { advanceKey } from '#workflow/advance-key.ts';
import { generateKey } from '#workflow/generate-key.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import { employ } from '#testing/service-account.ts';
import { SENT, slowChain } from '#testing/slow-chain.ts';
import { buildPlatformSchema } from './schema.ts';

type Name = 'ada' | 'alice' | 'bob' | 'carol';

type Case = {
  /** Does it as somebody who may. */
  readonly act: () => Promise<unknown>;
  readonly leaves: readonly string[];
  /** Who may not do it, with the input of the attempt; absent where everybody may. */
  readonly refusedTo?: Name;
  readonly input?: () => object;
};

/** Nothing has happened yet when these end. */
const SILENT = ['beginAddCredential', 'beginLogin', 'beginRegistration', 'beginUserAction'];

let stage: GatewayStage;
let people: Record<Name, Visitor>;
let organization: OrganizationId;
let wallet: string;

const as = (name: Name) => people[name].client;
const guest = { name: 'Guest', email: 'guest@acme.example', roles: ['finance-operator'] } as const;
let inviteToken = '';
let robot = '';
const SETS = { dealers: [1, 2], receivers: [1, 2, 3], threshold: 2 };
const RECIPIENT = 'ab'.repeat(32);
const SET_BACK = {
  committee: 'ab'.repeat(32),
  party: 3,
  lost: [{ count: 9, head: 'cd'.repeat(32) }],
};
const BANNED = {
  committee: 'ab'.repeat(32),
  party: 3,
  bans: [{ by: 1, epoch: 1, session: 'cd'.repeat(32) }],
};
let key = '';
let ben = '';
const files = policyFiles({ version: 1 });
const waited = { ...guest, email: 'waited@acme.example' };
const GOVERNED = {
  governs: 'transfer, permission-change',
  more: `rule people "A manager looks" {
  applies to permission-change
  when    always
  then    allow with approval by 1 of managers, not by initiator
}
`,
};
const payment = (externalId: string) => ({
  walletId: wallet,
  asset: USDC,
  amount: dollars(20_000),
  to: VENDOR,
  externalId,
});
/** Sent to a chain that makes no block. */
async function onItsWay(): Promise<{ readonly transfer: string }> {
  const db = reader(stage.services.db);
  await fundWallet(stage, await db.findOneOrFail(Wallet, { id: wallet as WalletId }));
  await slowChain(stage).stop();
  const small = { ...payment('slow'), amount: dollars(10) };
  const { id } = await as('alice').createTransfer(small);
  for (const _ of SENT.slice(1)) await advanceTransfer(stage.services, id as TransferId);
  return { transfer: id };
}

const token = (symbol: string) => ({
  network: 'local-evm',
  contract: VENDOR,
  symbol,
  name: 'Test token',
  decimals: 6,
});
const openApproval = async (externalId: string) => {
  const { approvals } = await as('alice').createTransfer(payment(externalId));
  return as('bob').approval(approvals[0]?.id ?? '');
};

/** What Carol has to approve of. */
async function approved(request: () => Promise<{ readonly change: ChangeRequest }>) {
  const { change } = await request();
  expect(change.state).toBe('PENDING_APPROVAL');
  const { items } = await as('carol').approvals({ state: 'OPEN' });
  const approval = items.find((open) => open.change?.id === change.id);
  if (approval === undefined) throw new Error('nobody is asked');
  await as('carol').decideApproval({ approvalId: approval.id, decision: 'APPROVE' }, approval);
}

const CASES: Readonly<Record<string, Case>> = {
  createOrganization: {
    act: async () => {
      const { client } = await stage.found('Elsewhere');
      organization = (await client.viewer()).organization.id as OrganizationId;
    },
    leaves: ['organization.created', 'credential.registered'],
  },
  inviteUser: {
    act: async () => {
      ({ inviteToken } = await as('ada').inviteUser({ ...guest, roles: [...guest.roles] }));
    },
    leaves: ['user.invited'],
    refusedTo: 'alice',
    input: () => ({ ...guest, email: 'other@acme.example', enrolmentKey: 'AAAA' }),
  },
  createServiceAccount: {
    act: async () => {
      robot = (await employ(people.ada, 'Payroll', 'Ed25519', 'finance-operator')).user.id;
    },
    leaves: ['service-account.created'],
    refusedTo: 'alice',
    input: () => ({ name: 'Own', roles: ['admin'], publicKey: 'AAAA' }),
  },
  deactivateUser: {
    act: () => as('ada').deactivateUser({ userId: robot }),
    leaves: ['user.deactivated'],
    refusedTo: 'carol',
    input: () => ({ userId: robot }),
  },
  completeRegistration: {
    act: () => stage.register(inviteToken),
    leaves: ['credential.registered'],
  },
  completeLogin: { act: () => as('alice').login(), leaves: ['session.opened'] },
  publishPolicy: {
    act: () => as('carol').publishPolicy(files),
    leaves: ['policy.published'],
    refusedTo: 'alice',
    input: () => files,
  },
  createWallet: {
    act: async () => {
      const input = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
      wallet = (await as('ada').createWallet(input)).id;
    },
    leaves: ['wallet.created'],
    refusedTo: 'carol',
    input: () => ({ network: 'local-evm', name: 'Own' }),
  },
  createKey: {
    act: async () => {
      key = (await as('ada').createKey({ name: 'Treasury', scheme: 'ecdsa-secp256k1' })).id;
    },
    leaves: ['key.created'],
    refusedTo: 'carol',
    input: () => ({ name: 'Own', scheme: 'ecdsa-secp256k1' }),
  },
  refreshKey: {
    act: async () => {
      await advanceKey(stage.services, key as KeyId);
      await as('ada').refreshKey({ keyId: key });
    },
    leaves: ['key.active', 'key.refresh-requested'],
    refusedTo: 'bob',
    input: () => ({ keyId: key }),
  },
  unlockKey: {
    act: () => as('ada').unlockKey({ keyId: key }),
    leaves: ['key.unlocked'],
    refusedTo: 'bob',
    input: () => ({ keyId: key }),
  },
  reshareKey: {
    act: async () => {
      await advanceKey(stage.services, key as KeyId);
      await as('ada').reshareKey({ keyId: key, ...SETS });
      // Its operators say nothing: it ends after a day.
      await transaction(stage.services.db, (tx) =>
        tx.nativeUpdate(Key, { id: key as KeyId }, { task: null, dueAt: null }),
      );
    },
    leaves: ['key.refreshed', 'key.reshare-requested'],
    refusedTo: 'bob',
    input: () => ({ keyId: key, ...SETS }),
  },
  importKey: {
    act: () => as('ada').importKey({ name: 'Old', scheme: 'ecdsa-secp256k1', dealing: '{}' }),
    leaves: ['key.import-requested'],
    refusedTo: 'carol',
    input: () => ({ name: 'Own', scheme: 'ecdsa-secp256k1', dealing: '{}' }),
  },
  exportKey: {
    act: async () => {
      await as('ada').exportKey({ keyId: key, recipient: RECIPIENT, exporters: [1, 2] });
    },
    leaves: ['key.export-requested'],
    refusedTo: 'bob',
    input: () => ({ keyId: key, recipient: RECIPIENT, exporters: [1, 2] }),
  },
  createTransfer: {
    act: async () => {
      await generateKey(stage.services, wallet as WalletId);
      await as('alice').createTransfer(payment('first'));
    },
    leaves: ['wallet.active', 'transfer.created', 'transfer.pending_approval'],
    refusedTo: 'bob',
    input: () => payment('second'),
  },
  cancelTransfer: {
    act: async () => {
      const { items } = await as('alice').transfers({ first: 1 });
      await as('alice').cancelTransfer({ transferId: items[0]?.id ?? '' });
    },
    leaves: ['transfer.cancelled'],
    refusedTo: 'bob',
    input: () => ({ transferId: wallet }),
  },
  speedUpTransfer: {
    act: async () => {
      const { transfer } = await onItsWay();
      await as('alice').speedUpTransfer({ transferId: transfer, externalId: 'faster' });
    },
    leaves: [...SENT, 'transfer.speed-up-requested'],
    refusedTo: 'bob',
    input: () => ({ transferId: wallet, externalId: 'faster' }),
  },
  createAllowance: {
    // The policy does not speak of allowances.
    act: async () => {
      const { to: spender, ...rest } = payment('lent');
      await as('alice').createAllowance({ ...rest, spender });
    },
    leaves: ['transfer.created', 'transfer.rejected'],
    refusedTo: 'bob',
    input: () => {
      const { to: spender, ...rest } = payment('lent again');
      return { ...rest, spender };
    },
  },
  decideApproval: {
    act: async () => {
      const approval = await openApproval('third');
      const input = { approvalId: approval.id, decision: 'REJECT' } as const;
      await as('bob').decideApproval(input, approval);
    },
    leaves: [
      'transfer.created',
      'transfer.pending_approval',
      'approval.voted',
      'transfer.rejected',
    ],
    refusedTo: 'carol',
    input: () => ({ approvalId: wallet, decision: 'APPROVE' }),
  },
  changeRoles: {
    act: () => approved(() => as('ada').changeRoles({ userId: ben, roles: ['compliance'] })),
    leaves: ['change.requested', 'approval.voted', 'change.applied', 'user.roles-changed'],
    refusedTo: 'bob',
    input: () => ({ userId: ben, roles: ['admin'] }),
  },
  recoverUser: {
    act: () => approved(() => as('ada').recoverUser({ userId: ben })),
    leaves: ['change.requested', 'approval.voted', 'change.applied', 'user.recovered'],
    refusedTo: 'bob',
    input: () => ({ userId: ben, enrolmentKey: 'A'.repeat(43) }),
  },
  addCredential: {
    act: async () => (await stage.withAnotherDevice(people.ada)).client.addCredential(),
    leaves: ['credential.registered'],
  },
  revokeCredential: {
    act: async () => {
      const [, added] = await as('ada').credentials();
      await as('ada').revokeCredential({ credentialId: added?.credentialId ?? '' });
    },
    leaves: ['credential.revoked'],
  },
  setAddressList: {
    act: () => as('carol').setAddressList({ name: 'vendors', entries: [] }),
    leaves: ['list.set'],
    refusedTo: 'bob',
    input: () => ({ name: 'vendors', entries: [] }),
  },
  setGroup: {
    act: () => as('carol').setGroup({ name: 'managers', members: ['bob@acme.example'] }),
    leaves: ['group.set'],
    refusedTo: 'ada',
    input: () => ({ name: 'managers', members: [] }),
  },
  registerAsset: {
    act: () => as('carol').registerAsset(token('TEUR')),
    leaves: ['asset.registered'],
    refusedTo: 'ada',
    input: () => token('TGBP'),
  },
  retireAsset: {
    act: () => as('carol').retireAsset({ asset: 'TEUR@local-evm' }),
    leaves: ['asset.retired'],
    refusedTo: 'ada',
    input: () => ({ asset: 'TEUR@local-evm' }),
  },
  updateWallet: {
    act: () => as('carol').updateWallet({ walletId: wallet, tags: ['payments', 'hot'] }),
    leaves: ['wallet.updated'],
    refusedTo: 'ada',
    input: () => ({ walletId: wallet, tags: [] }),
  },
  freezeWallet: {
    act: () => as('bob').freezeWallet({ walletId: wallet }),
    leaves: ['wallet.frozen'],
    refusedTo: 'alice',
    input: () => ({ walletId: wallet }),
  },
  unfreezeWallet: {
    act: () => approved(() => as('bob').unfreezeWallet({ walletId: wallet })),
    leaves: ['change.requested', 'approval.voted', 'change.applied', 'wallet.unfrozen'],
    refusedTo: 'alice',
    input: () => ({ walletId: wallet }),
  },
  freezeOrganization: {
    act: () => as('bob').freezeOrganization({ organizationId: acme() }),
    leaves: ['organization.frozen'],
    refusedTo: 'alice',
    input: () => ({ organizationId: acme() }),
  },
  unfreezeOrganization: {
    act: () => approved(() => as('bob').unfreezeOrganization({ organizationId: acme() })),
    leaves: ['change.requested', 'approval.voted', 'change.applied', 'organization.unfrozen'],
    refusedTo: 'alice',
    input: () => ({ organizationId: acme() }),
  },
  readmitNode: {
    act: () => approved(async () => ({ change: await as('bob').readmitNode(BANNED) })),
    leaves: ['change.requested', 'approval.voted', 'change.applied', 'node.readmitted'],
    refusedTo: 'alice',
    input: () => BANNED,
  },
  restoreNode: {
    act: () => approved(async () => ({ change: await as('bob').restoreNode(SET_BACK) })),
    leaves: ['change.requested', 'approval.voted', 'change.applied', 'node.restored'],
    refusedTo: 'alice',
    input: () => SET_BACK,
  },
  withdrawChange: {
    act: async () => {
      await as('carol').publishPolicy(policyFiles({ version: 2, ...GOVERNED }));
      const { change } = await as('ada').inviteUser({ ...waited, roles: [...waited.roles] });
      await as('ada').withdrawChange({ changeId: change.id });
    },
    leaves: ['policy.published', 'change.requested', 'change.withdrawn'],
  },
  logout: { act: () => as('bob').logout(), leaves: ['session.ended'] },
};

beforeAll(async () => {
  stage = await openGatewayStage();
  const ada = await stage.found();
  const alice = await stage.join(ada, 'Alice', 'finance-operator');
  const bob = await stage.join(ada, 'Bob', 'treasury-manager');
  ben = (await stage.join(ada, 'Ben', 'treasury-manager')).session.viewer.user.id;
  const carol = await stage.join(ada, 'Carol', 'compliance');
  people = { ada, alice, bob, carol };
}, 60_000);
afterAll(() => stage.close());

const acme = () => people.ada.session.viewer.organization.id as OrganizationId;

const entriesOf = (of: OrganizationId) =>
  reader(stage.services.db).find(
    AuditEntry,
    { organization: of },
    { orderBy: { sequence: 'asc' } },
  );

test('every mutation has a case', () => {
  const mutations = Object.keys(buildPlatformSchema().getMutationType()?.getFields() ?? {});
  expect([...Object.keys(CASES), ...SILENT].toSorted()).toEqual(mutations.toSorted());
});

const refused = Object.entries(CASES).flatMap(([name, { refusedTo, input }]) =>
  refusedTo !== undefined && input !== undefined ? [[name, refusedTo, input] as const] : [],
);

test.each(Object.entries(CASES))('%s leaves its entries', async (_, { act, leaves }) => {
  organization = acme();
  const before = (await entriesOf(organization)).length;
  await act();
  const skipped = organization === acme() ? before : 0;
  const added = (await entriesOf(organization)).slice(skipped);
  expect(added.map(({ action }) => action)).toEqual(leaves);
});

test.each(refused)(
  '%s leaves one entry a minute where %s may not do it, however often it is tried',
  async (operation, name, input) => {
    const { client, session } = people[name];
    if (name === 'bob') await client.login();
    const before = (await entriesOf(acme())).length;
    const userAction = { challengeId: wallet, credential: {} };
    const send = () =>
      client.query(DOCUMENTS[operation as DocumentName], { input: input(), userAction });
    const begin = () =>
      client.query(DOCUMENTS.beginUserAction, { input: { operation, input: input() } });
    const isSigned = !['cancelTransfer', 'speedUpTransfer'].includes(operation);
    const attempts = [send, ...(isSigned ? [begin] : [send]), send];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    stage.pass(REFUSAL_WINDOW_MS);
    await expect(send()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const user = session.viewer.user.id;
    const entry = { action: 'user-action.refused', actor: user, subject: user };
    const detail = { operation, code: 'FORBIDDEN', reason: expect.stringContaining('permission') };
    expect((await entriesOf(acme())).slice(before)).toMatchObject([
      { ...entry, detail },
      { ...entry, detail: { ...detail, repeats: 2 } },
    ]);
  },
);

test('a read that the user may not do leaves no entry', async () => {
  const before = (await entriesOf(acme())).length;
  await expect(people.alice.client.auditEvents()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await entriesOf(acme())).toHaveLength(before);
});

test('20 refusals at once are one entry', async () => {
  stage.pass(REFUSAL_WINDOW_MS);
  const before = (await entriesOf(acme())).length;
  const input = { network: 'local-evm', name: 'Own' };
  const attempts = Array.from({ length: 20 }, () => people.carol.client.createWallet(input));
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  const added = (await entriesOf(acme())).slice(before);
  expect(added).toMatchObject([{ action: 'user-action.refused' }]);
});
