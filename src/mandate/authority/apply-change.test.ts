/** Each check of a signed change, and that a change applies once, in order, and as it was signed. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { canonicalText } from '#core/canonical.ts';
import { DAY_MS, formatInstant, instant, MINUTE_MS } from '#core/time.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { ChangeStatement } from '#mandate/change.ts';
import {
  deactivationChange,
  invitationChange,
  keyChange,
  policyChange,
  walletChange,
} from '#mandate/change-input.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import {
  type Member,
  newMember,
  passkeyOf,
  randomOf,
  signEnrolment,
  type Signer,
  TestAuthority,
} from '#testing/authority.ts';
import { applyChange } from './apply-change.ts';
import { replay } from './entry.ts';
import type { ChangeOperation } from './kinds.ts';
import { policyInForce } from './policies.ts';
import type { SignedChange } from './signed-change.ts';
import { ownKeyOf } from './wallets.ts';

let acme: TestAuthority;
let bob: Member;
let ben: Member;
let carol: Member;
let robot: Signer;

beforeAll(async () => {
  acme = await TestAuthority.found('apply-change');
  bob = await acme.join('Bob', 'treasury-manager');
  ben = await acme.join('Ben', 'treasury-manager', 'finance-operator');
  carol = await acme.join('Carol', 'compliance');
  robot = await acme.employ('Payroll', 'finance-operator', 'admin');
  await acme.publish(carol, policyFiles({ version: 1 }).files);
});

const walletInput = (other: object = {}) =>
  walletChange({
    network: 'local-evm',
    name: 'Treasury',
    tags: ['cold'],
    keyId: '',
    externalId: '',
    ...other,
  });

/** An honest change that is not in the log. */
async function signed(
  signer: Signer,
  operation: ChangeOperation,
  subject: string,
  input: ChangeStatement['input'],
  otherwise: Partial<ChangeStatement> = {},
): Promise<SignedChange> {
  const statement = acme.statement(operation, subject, input, signer.id, otherwise);
  return { change: await signer.sign(statement), approvals: [] };
}

const aWallet = (otherwise: Partial<ChangeStatement> = {}, input = walletInput()) =>
  signed(acme.administrator, 'createWallet', acme.newId('wallet'), input, otherwise);

const refusal = (change: SignedChange) => {
  try {
    applyChange(acme.state, change);
  } catch (error) {
    return error;
  }
  return undefined;
};

const at = (ms: number) => formatInstant(instant(acme.now + ms));

test('what the log says of people, their keys, the policy and the wallets', async () => {
  const { state } = acme;
  expect(state.users.get(bob.id)).toEqual({
    version: 2,
    kind: 'person',
    name: 'Bob',
    email: 'bob@acme.example',
    state: 'active',
    roles: ['treasury-manager'],
  });
  expect(state.users.get(robot.id)).toMatchObject({ kind: 'service-account', state: 'active' });
  expect([...state.credentials.values()].map(({ user }) => user)).toContain(bob.id);
  expect(policyInForce(state, acme.now).version).toBe(1);
  const wallet = acme.newId('wallet');
  const change = await signed(acme.administrator, 'createWallet', wallet, walletInput());
  const next = applyChange(state, change);
  expect(next.wallets.get(wallet)).toMatchObject({ key: ownKeyOf(wallet), path: 'm', version: 1 });
  expect(next.keys.get(ownKeyOf(wallet))?.order).toMatchObject({
    operation: 'createWallet',
    sequence: next.head.sequence,
  });
  expect(next.head.sequence).toBe(state.head.sequence + 1);
  expect(state.wallets.size).toBe(0);
});

test.each<[string, () => Promise<SignedChange>, object]>([
  [
    'of another organisation',
    async () => aWallet({ organization: (await TestAuthority.found('other')).state.organization }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'organization' } },
  ],
  [
    'of a kind that does not exist',
    () => aWallet({ operation: 'mintMoney' }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'operation' } },
  ],
  [
    'of a kind that every object has',
    () => aWallet({ operation: 'toString' }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'operation' } },
  ],
  [
    'whose text is not canonical',
    async () => {
      const { change } = await aWallet();
      const statement = JSON.stringify(JSON.parse(change.statement), undefined, 1);
      return { change: { ...change, statement }, approvals: [] };
    },
    { code: 'EVIDENCE_REJECTED', context: { field: 'change' } },
  ],
  [
    "signed with another person's passkey",
    () => aWallet({ initiator: bob.id }),
    { code: 'EVIDENCE_REJECTED', context: { reason: expect.stringMatching(/another user's/) } },
  ],
  [
    'signed with a passkey that is nowhere in the log',
    async () => {
      const stranger = await newMember(acme.administrator.id, randomOf('stranger'));
      return signed(stranger, 'createWallet', acme.newId('wallet'), walletInput());
    },
    { code: 'EVIDENCE_REJECTED', context: { reason: expect.stringMatching(/no credential/) } },
  ],
  [
    'made on another page',
    async () => {
      const { id } = acme.administrator;
      const statement = acme.statement('createWallet', acme.newId('wallet'), walletInput(), id);
      const change = await acme.administrator.sign(statement, { origin: 'http://localhost:4001' });
      return { change, approvals: [] };
    },
    { code: 'EVIDENCE_REJECTED', context: { reason: expect.stringMatching(/not made on/) } },
  ],
  [
    'without the permission',
    () => signed(carol, 'createWallet', acme.newId('wallet'), walletInput()),
    { code: 'FORBIDDEN', context: { permission: 'wallets:create' } },
  ],
  [
    'by a service account, of what takes a person',
    () => signed(robot, 'deactivateUser', bob.id, deactivationChange({ userId: bob.id })),
    { code: 'FORBIDDEN', context: { reason: expect.stringMatching(/takes a person/) } },
  ],
  [
    'that is older than the log',
    () => aWallet({ created: at(-6 * MINUTE_MS) }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'created' } },
  ],
  [
    'of a version that is not the present one',
    () =>
      signed(acme.administrator, 'deactivateUser', bob.id, deactivationChange({ userId: bob.id }), {
        replaces: 1,
      }),
    { code: 'VERSION_CONFLICT', context: { field: 'replaces' } },
  ],
  [
    'of a new object with an id of another kind',
    () => aWallet({ subject: acme.newId('key') }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'subject' } },
  ],
  [
    'whose subject is not the one of its input',
    () =>
      signed(acme.administrator, 'deactivateUser', ben.id, deactivationChange({ userId: bob.id })),
    { code: 'EVIDENCE_REJECTED', context: { field: 'subject' } },
  ],
  [
    'whose input has one more field',
    () => aWallet({}, { ...walletInput(), path: 'm/1' }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'input' } },
  ],
  [
    'whose tags are not in order',
    () => aWallet({}, { ...walletInput(), tags: ['b', 'a'] }),
    { code: 'EVIDENCE_REJECTED', context: { field: 'input' } },
  ],
  [
    'for a key that does not exist',
    () => aWallet({}, walletInput({ keyId: acme.newId('key') })),
    { code: 'NOT_FOUND', context: { field: 'keyId' } },
  ],
  [
    'of an address that a user has',
    () => {
      const enrolmentKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
      const key = Buffer.from(enrolmentKey, 'hex').toString('base64url');
      const roles = ['finance-operator'];
      const person = { name: 'Rob', email: 'bob@acme.example', roles };
      const input = invitationChange({ ...person, enrolmentKey: key });
      return signed(acme.administrator, 'inviteUser', acme.newId('user'), input);
    },
    { code: 'INVALID_INPUT', context: { field: 'email' } },
  ],
  [
    'with a one-time key of small order',
    () => {
      const enrolmentKey = Buffer.alloc(32, 0).toString('base64url');
      const person = { name: 'Eve', email: 'eve@acme.example', roles: ['admin'] };
      const input = invitationChange({ ...person, enrolmentKey });
      return signed(acme.administrator, 'inviteUser', acme.newId('user'), input);
    },
    { code: 'EVIDENCE_REJECTED', context: { field: 'input' } },
  ],
  [
    "of one's own end",
    () => {
      const { id } = acme.administrator;
      return signed(acme.administrator, 'deactivateUser', id, deactivationChange({ userId: id }));
    },
    { code: 'INVALID_INPUT', context: { field: 'userId' } },
  ],
  [
    'of a policy that does not compile',
    () =>
      signed(
        carol,
        'publishPolicy',
        acme.newId('policy'),
        policyChange([{ path: 'a.policy', content: 'nonsense' }]),
      ),
    { code: 'POLICY_SYNTAX' },
  ],
  [
    'of a policy with the number of the one before',
    () =>
      signed(
        carol,
        'publishPolicy',
        acme.newId('policy'),
        policyChange(policyFiles({ version: 1, limit: '5' }).files),
      ),
    { code: 'POLICY_SYNTAX' },
  ],
  [
    'that releases what is not frozen',
    async () => {
      const { organization } = acme.state;
      const { id } = acme.administrator;
      const statement = acme.statement('unfreezeOrganization', organization, {}, id);
      const change = await acme.administrator.sign(statement);
      return { change, approvals: [await acme.approve(statement, bob)] };
    },
    { code: 'INVALID_INPUT', context: { reason: 'it is not frozen' } },
  ],
])('a change %s is refused', async (_, make, expected) => {
  expect(refusal(await make())).toMatchObject(expected);
});

test('a user who is deactivated signs nothing any more', async () => {
  const own = await TestAuthority.found('deactivated');
  const dora = await own.join('Dora', 'admin');
  const subject = own.newId('wallet');
  const change = await dora.sign(own.statement('createWallet', subject, walletInput(), dora.id));
  await own.deactivate(dora.id);
  expect(() => own.append({ change, approvals: [] })).toThrow(/is not active/);
});

test('the log takes two changes that overtook each other', async () => {
  const own = await TestAuthority.found('overtaken');
  const late = own.statement('createKey', own.newId('key'), aKey, own.administrator.id);
  own.now = instant(own.now + 4 * MINUTE_MS);
  await own.createKey();
  own.append({ change: await own.administrator.sign(late), approvals: [] });
  expect(own.state.latest).toBe(own.now);
});

const aKey = keyChange({ name: 'Treasury', scheme: 'ecdsa-secp256k1', externalId: '' });

test('wallets of one key lie at the paths that follow each other', async () => {
  const own = await TestAuthority.found('paths');
  const keyId = await own.createKey();
  const first = await own.openWallet({ keyId });
  const second = await own.openWallet({ keyId, network: 'ethereum' });
  expect(own.state.wallets.get(first)?.path).toBe('m/44/60/0/0/0');
  expect(own.state.wallets.get(second)?.path).toBe('m/44/60/0/0/1');
  await expect(own.openWallet({ keyId, network: 'local-solana' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

/** An invitation that nobody has answered, and what answers it. */
async function invited() {
  const own = await TestAuthority.found('enrolment');
  const { id, secret, enrolmentKey } = await own.invite('Eve', 'compliance');
  const eve = await newMember(id, randomOf('eve'));
  const register = (otherwise: Partial<ChangeStatement> = {}, key = secret, name = enrolmentKey) =>
    own.append({
      change: signEnrolment(
        own.statement('registerCredential', id, passkeyOf(eve), id, otherwise),
        key,
        name,
      ),
      approvals: [],
    });
  return { own, id, eve, register };
}

test('a passkey is let in once, by the one-time key that the invitation names', async () => {
  const { own, id, eve, register } = await invited();
  register();
  expect(own.state.users.get(id)).toMatchObject({ state: 'active', version: 2 });
  expect(own.state.users.get(id)).not.toHaveProperty('enrolment');
  expect(() => register()).toThrow(/nobody is invited/);
  const files = policyFiles({ version: 1, managers: ['eve@acme.example'] }).files;
  await own.publish(eve, files);
});

test('a passkey is not let in by another key, for another user, or after the invitation', async () => {
  const { own, id, eve, register } = await invited();
  const other = randomOf('other')(32);
  expect(() => register({}, other)).toThrow(/not of this key/);
  expect(() => register({ initiator: own.administrator.id })).toThrow(/nobody is invited/);
  expect(() => register({ subject: own.administrator.id, replaces: 1 })).toThrow(/for another/);
  const known = passkeyOf(own.administrator);
  expect(() => register({ input: known })).toThrow(/registered already/);
  // The passkey itself cannot let itself in, nor can an administrator.
  const statement = own.statement('registerCredential', id, passkeyOf(eve), id);
  for (const change of [await eve.sign(statement), await own.administrator.sign(statement)]) {
    expect(() => own.append({ change, approvals: [] })).toThrow(/another one-time key/);
  }
  own.now = instant(own.now + 7 * DAY_MS);
  expect(() => register()).toThrow(/invitation had expired/);
});

test('one person freezes, and two release', async () => {
  const own = await TestAuthority.found('frozen');
  const one = await own.join('Bob', 'treasury-manager');
  const fin = await own.join('Fin', 'finance-operator');
  const wallet = await own.openWallet();
  const { organization } = own.state;
  await own.change(one, 'freezeWallet', wallet, { walletId: wallet });
  await own.change(one, 'freezeOrganization', organization, {});
  expect(own.state).toMatchObject({ frozen: true, version: 2 });
  expect(own.state.wallets.get(wallet)).toMatchObject({ frozen: true, version: 2 });
  const release = (...approvers: Signer[]) =>
    own.change(one, 'unfreezeWallet', wallet, { walletId: wallet }, approvers);
  for (const approvers of [[], [one], [fin]]) {
    await expect(release(...approvers)).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  }
  await release(own.administrator);
  await own.change(one, 'unfreezeOrganization', organization, {}, [own.administrator]);
  expect(own.state.frozen).toBe(false);
  expect(own.state.wallets.get(wallet)?.frozen).toBe(false);
  await expect(own.change(fin, 'freezeWallet', wallet, { walletId: wallet })).rejects.toMatchObject(
    { code: 'FORBIDDEN' },
  );
});

test('no change of a log applies a second time, wherever it comes again', () => {
  const changes = acme.entries.slice(1).map(({ content }) => content as SignedChange);
  for (const [which, change] of changes.entries()) {
    for (let length = which + 2; length <= acme.entries.length; length += 3) {
      const state = replay(acme.entries.slice(0, length));
      expect(() => state && applyChange(state, change)).toThrow();
    }
  }
});

test('a signed change of which anything was altered is refused', async () => {
  const { change } = await aWallet();
  const statement = JSON.parse(change.statement);
  const fields = Object.keys(change) as (keyof SignedStatement)[];
  const inStatement = Object.keys(statement);
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.nat(), fc.nat(), (field, place, letter) => {
      const altered = { ...change, [field]: alter(change[field], place, letter) };
      if (altered[field] === change[field]) return;
      expect(() => applyChange(acme.state, { change: altered, approvals: [] })).toThrow();
    }),
    { numRuns: 300 },
  );
  for (const field of inStatement) {
    const other = canonicalText({ ...statement, [field]: field === 'replaces' ? 1 : 'other' });
    const altered = { ...change, statement: other };
    expect(() => applyChange(acme.state, { change: altered, approvals: [] }), field).toThrow();
  }
});

function alter(text: string, place: number, letter: number): string {
  const index = place % Math.max(1, text.length);
  const letters = 'ABCDEFGHabcdefgh0123456789-_{}":,';
  const changed = letters[letter % letters.length] ?? 'A';
  return text.slice(0, index) + changed + text.slice(index + 1);
}
