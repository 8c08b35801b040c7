/** That nobody makes the second person whom a change takes, and who is one. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { base64url } from '#core/bytes.ts';
import { ROLES } from '#core/roles.ts';
import { exportChange } from '#mandate/change-input.ts';
import { permissionsOf } from '#mandate/permissions.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import {
  type Member,
  newMember,
  passkeyOf,
  randomOf,
  type Signer,
  TestAuthority,
} from '#testing/authority.ts';
import { credentialOf } from '#testing/paying-company-log.ts';
import { approvalsAsked } from './apply-change.ts';
import { replay } from './entry.ts';
import { KINDS } from './kinds.ts';
import type { Kind } from './kind.ts';
import { isOverOthers, ROLES_OVER_OTHERS } from './over-others.ts';

const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
/** The base point of X25519: a public key that anybody may name. */
const RECIPIENT = `09${'00'.repeat(31)}`;
const ALONE = { code: 'CHANGE_NEEDS_APPROVAL' };
const FROZEN = { code: 'CHANGE_DENIED', context: { reason: expect.stringMatching(/is frozen/) } };

/** Ada founded it, and Cora came second. */
async function company(seed: string) {
  const own = await TestAuthority.found(seed);
  const cora = await own.join('Cora', 'compliance');
  const ada = own.administrator;
  const { organization } = own.state;
  const invite = (by: Member, name: string, roles: readonly string[], ...approvers: Member[]) => {
    const email = `${name.toLowerCase()}@acme.example`;
    const input = { name, email, roles: [...roles], enrolmentKey: KEY };
    return own.change(by, 'inviteUser', own.newId('user'), input, approvers);
  };
  const assign = (by: Member, { id: userId }: Member, roles: string[], ...approvers: Member[]) =>
    own.change(by, 'changeRoles', userId, { userId, roles }, approvers);
  const freeze = (by: Member) => own.change(by, 'freezeOrganization', organization, {});
  const release = (by: Member, ...approvers: Member[]) =>
    own.change(by, 'unfreezeOrganization', organization, {}, approvers);
  const recover = (by: Member, { id: userId }: Member, ...approvers: Member[]) =>
    own.change(by, 'recoverUser', userId, { userId, enrolmentKey: KEY }, approvers);
  /** The person's passkey after a recovery, in whose hands it may be. */
  const comeBack = async (by: Member, { id }: Member, approver: Member) => {
    const secret = randomOf(own.state.head.hash)(32);
    const enrolmentKey = base64url(ed25519.getPublicKey(secret));
    await own.change(by, 'recoverUser', id, { userId: id, enrolmentKey }, [approver]);
    return own.enrol({ id, secret, enrolmentKey });
  };
  return { own, ada, cora, invite, assign, freeze, release, recover, comeBack };
}

test('one administrator alone cannot release what another person has frozen', async () => {
  const { own, ada, cora, invite, freeze, release } = await company('release');
  for (const role of ROLES_OVER_OTHERS) {
    await expect(invite(ada, 'Ghost', [role])).rejects.toMatchObject(ALONE);
  }
  const ghost = await own.join('Ghost', 'finance-operator');
  await freeze(cora);
  await expect(release(ada)).rejects.toMatchObject(ALONE);
  await expect(release(ada, ghost)).rejects.toMatchObject(ALONE);
  await release(ada, cora);
  expect(own.state.frozen).toBe(false);
});

test('one administrator alone cannot take over a person', async () => {
  const { own, ada, cora, assign, recover } = await company('takeover');
  const ghost = await own.join('Ghost', 'finance-operator');
  for (const role of ROLES_OVER_OTHERS) {
    await expect(assign(ada, ghost, [role])).rejects.toMatchObject(ALONE);
    await expect(assign(ada, ghost, [role], ghost)).rejects.toMatchObject(ALONE);
  }
  await expect(recover(ada, cora, ghost)).rejects.toMatchObject(ALONE);
  await assign(ada, ghost, ['compliance'], cora);
  await recover(ada, cora, ghost);
  expect(own.state.users.get(cora.id)?.state).toBe('invited');
});

test('whoever may do what takes a person, and only they, have authority over others', () => {
  expect(ROLES_OVER_OTHERS).toEqual(['admin', 'treasury-manager', 'compliance']);
  for (const { permission, people = 1, peopleOnly } of Object.values<Kind>(KINDS)) {
    const isGiven = permissionsOf(ROLES).some((held) => held === permission && isOverOthers(held));
    if (isGiven || people > 1) expect([permission, peopleOnly]).toEqual([permission, true]);
  }
});

test.each([
  'inviteUser',
  'createServiceAccount',
  'changeRoles',
  'deactivateUser',
  'recoverUser',
  'addCredential',
  'revokeCredential',
  'publishPolicy',
  'setAddressList',
  'setGroup',
  'unlockKey',
  'unfreezeWallet',
  'unfreezeOrganization',
  'restoreNode',
  'readmitNode',
] as const)('%s takes a person', (operation) => {
  expect(KINDS[operation].peopleOnly).toBe(true);
});

test('a founder appoints alone, until somebody else could stand behind it', async () => {
  const own = await TestAuthority.found('bootstrap');
  const [first, second] = [
    await own.invite('Cora', 'compliance'),
    await own.invite('Bob', 'treasury-manager'),
  ];
  expect(own.state.shared).toBe(false);
  const cora = await own.enrol(first);
  expect(own.state.shared).toBe(true);
  const bob = await own.enrol(second);
  const input = { name: 'Ann', email: 'ann@acme.example', roles: ['admin'], enrolmentKey: KEY };
  const appoint = (...approvers: Member[]) =>
    own.change(own.administrator, 'inviteUser', own.newId('user'), input, approvers);
  await expect(appoint()).rejects.toMatchObject(ALONE);
  await appoint(bob);
  expect(replay(own.entries)).toEqual(own.state);
  expect(own.state.users.get(cora.id)?.state).toBe('active');
});

type Company = Awaited<ReturnType<typeof company>>;

test.each<[string, (acme: Company) => Promise<unknown>]>([
  ['deactivates', ({ own, cora }) => own.deactivate(cora.id)],
  ['takes the role from', ({ assign, ada, cora }) => assign(ada, cora, ['finance-operator'])],
  [
    'revokes the passkey of',
    ({ own, ada, cora }) => {
      const { id: credential } = credentialOf(cora);
      return own.change(ada, 'revokeCredential', credential, { credential });
    },
  ],
])('who %s the only other one appoints nobody alone afterwards', async (way, end) => {
  const acme = await company(`who ${way}`);
  const { ada, cora, invite } = acme;
  await end(acme);
  await expect(invite(ada, 'Ghost', ['compliance'])).rejects.toMatchObject(ALONE);
  await expect(invite(ada, 'Ghost', ['compliance'], cora)).rejects.toThrow();
  await invite(ada, 'Alice', ['finance-operator']);
});

test('what gives no authority over others, or takes some, takes one person', async () => {
  const { own, ada, cora, invite, assign } = await company('narrower');
  const bob = await own.join('Bob', 'treasury-manager', 'finance-operator');
  await invite(ada, 'Alice', ['finance-operator']);
  await own.employ('Auditor', 'compliance');
  await assign(ada, bob, ['treasury-manager']);
  await assign(ada, cora, ['treasury-manager']);
  await assign(ada, cora, ['finance-operator', 'treasury-manager']);
  await expect(assign(ada, cora, ['compliance'])).rejects.toMatchObject(ALONE);
  await expect(assign(ada, cora, ['compliance'], cora)).rejects.toMatchObject(ALONE);
  await assign(ada, cora, ['compliance'], bob);
});

test('nobody is given authority while the organisation is frozen, and all can lose it', async () => {
  const { own, ada, cora, invite, assign, freeze, release } = await company('frozen');
  const bob = await own.join('Bob', 'treasury-manager', 'finance-operator');
  const late = await own.invite('Late', 'compliance');
  const lost = await own.invite('Lost', 'finance-operator');
  await freeze(cora);
  for (const role of ROLES) {
    await expect(invite(ada, 'Ghost', [role], cora)).rejects.toMatchObject(FROZEN);
    await expect(own.employ('Robot', role)).rejects.toMatchObject(FROZEN);
  }
  const more = assign(ada, bob, ['treasury-manager', 'compliance'], cora);
  await expect(more).rejects.toMatchObject(FROZEN);
  for (const invited of [late, lost]) {
    await expect(own.enrol(invited)).rejects.toMatchObject(FROZEN);
  }
  const again = passkeyOf(await newMember(cora.id, randomOf('frozen again')));
  await expect(own.change(cora, 'addCredential', cora.id, again)).rejects.toMatchObject(FROZEN);
  await assign(ada, bob, ['treasury-manager']);
  await own.deactivate(bob.id);
  await release(cora, ada);
  await own.enrol(late);
});

test('a founder who freezes before anybody else is there can still find the second person who releases', async () => {
  const own = await TestAuthority.found('frozen alone');
  const ada = own.administrator;
  const { organization } = own.state;
  const late = await own.invite('Late', 'treasury-manager');
  await own.change(ada, 'freezeOrganization', organization, {});
  const release = (...approvers: Member[]) =>
    own.change(ada, 'unfreezeOrganization', organization, {}, approvers);
  await expect(release()).rejects.toMatchObject(ALONE);
  const cora = await own.join('Cora', 'compliance');
  // From here on there are two, and nobody is given anything until they have released it.
  await expect(own.enrol(late)).rejects.toMatchObject(FROZEN);
  await release(cora);
  await own.enrol(late);
});

test('who is left alone releases what they have frozen themselves, and nothing that another has', async () => {
  const { own, ada, cora, freeze, release } = await company('left alone');
  const walletId = await own.openWallet();
  const freezeWallet = (by: Signer) => own.change(by, 'freezeWallet', walletId, { walletId });
  const releaseWallet = () => own.change(ada, 'unfreezeWallet', walletId, { walletId });
  // While another one is there, also one who never froze anything, two release.
  await freeze(ada);
  await expect(release(ada)).rejects.toMatchObject(ALONE);
  await release(ada, cora);
  // What another has frozen, a person or a program, nobody gets released by ending that one.
  await freezeWallet(cora);
  await freeze(cora);
  await own.deactivate(cora.id);
  await expect(release(ada)).rejects.toMatchObject(ALONE);
  await expect(releaseWallet()).rejects.toMatchObject(ALONE);

  const other = await company('left alone, too');
  await other.own.deactivate(other.cora.id);
  await other.freeze(other.ada);
  await other.release(other.ada);
  expect(other.own.state.frozen).toBe(false);
  expect(other.own.state).not.toHaveProperty('frozenAlone');
  const own2 = other.own;
  const wallet = await own2.openWallet();
  await own2.change(other.ada, 'freezeWallet', wallet, { walletId: wallet });
  await own2.change(other.ada, 'unfreezeWallet', wallet, { walletId: wallet });
  expect(own2.state.wallets.get(wallet)).toEqual(expect.objectContaining({ frozen: false }));
});

test('what a program has frozen is released by two, however few are left', async () => {
  const { own, ada, cora, release } = await company('frozen by a program');
  const robot = await own.employ('Watcher', 'treasury-manager');
  await own.deactivate(cora.id);
  await own.change(robot, 'freezeOrganization', own.state.organization, {});
  await expect(release(ada)).rejects.toMatchObject(ALONE);
});

test('who has frozen alone releases with whoever is there again', async () => {
  const { own, ada, cora, freeze, release } = await company('alone no more');
  const dora = await own.join('Dora', 'compliance');
  const back = await own.recover(cora.id, dora);
  await own.deactivate(dora.id);
  await freeze(ada);
  // Cora had a passkey before, so that she comes back while it is frozen.
  const again = await own.enrol(back);
  await expect(release(ada)).rejects.toMatchObject(ALONE);
  await expect(release(ada, again)).rejects.toMatchObject(ALONE);
});

test('no key leaves a frozen organisation', async () => {
  const { own, ada, cora, freeze, release } = await company('frozen export');
  const keyId = await own.createKey();
  const input = exportChange({ keyId, recipient: RECIPIENT, exporters: [1, 2] });
  const leave = () => own.change(ada, 'exportKey', keyId, input);
  await freeze(cora);
  await expect(leave()).rejects.toMatchObject(FROZEN);
  await release(cora, ada);
  await leave();
});

test('no key leaves while a wallet on it is frozen, and others do', async () => {
  const { own, ada, cora } = await company('frozen wallet');
  const [keyId, other] = [await own.createKey(), await own.createKey()];
  const [walletId] = [await own.openWallet({ keyId }), await own.openWallet({ keyId: other })];
  const leave = (key: typeof keyId) => {
    const input = exportChange({ keyId: key, recipient: RECIPIENT, exporters: [1, 2] });
    return own.change(ada, 'exportKey', key, input);
  };
  await own.change(cora, 'freezeWallet', walletId, { walletId });
  const reason = expect.stringContaining(`the wallet ${walletId} of this key is frozen`);
  const refusal = { code: 'CHANGE_DENIED', context: { reason } };
  await expect(leave(keyId)).rejects.toMatchObject(refusal);
  await leave(other);
  await own.change(cora, 'unfreezeWallet', walletId, { walletId }, [ada]);
  await leave(keyId);
});

test('while it is frozen two bring back who was there before, and nobody else', async () => {
  const { own, ada, cora, freeze, release } = await company('frozen recovery');
  const bob = await own.join('Bob', 'treasury-manager');
  const late = await own.invite('Late', 'compliance');
  await freeze(bob);
  const lateAgain = await own.recover(late.id, cora);
  await expect(own.enrol(lateAgain)).rejects.toMatchObject(FROZEN);
  const back = await own.enrol(await own.recover(bob.id, cora));
  await expect(release(ada, back)).rejects.toMatchObject(ALONE);
  await release(cora, back);
});

test('with the passkey of a recovery nobody is a second person beside its author', async () => {
  const acme = await company('chain');
  const { own, ada, cora, invite, recover, comeBack, freeze, release } = acme;
  const bob = await own.join('Bob', 'treasury-manager');
  const cleo = await own.join('Cleo', 'compliance');
  // Cora approves in good faith, and Ada keeps the link.
  const bobByAda = await comeBack(ada, bob, cora);
  await freeze(cora);
  await expect(release(ada, bobByAda)).rejects.toMatchObject(ALONE);
  await expect(release(bobByAda, ada)).rejects.toMatchObject(ALONE);
  await release(ada, cora);
  await expect(invite(ada, 'Ghost', ['admin'], bobByAda)).rejects.toMatchObject(ALONE);
  // What follows from such a passkey is Ada's as well: she recovers Cleo in Cora's name.
  const coraByAda = await comeBack(ada, cora, cleo);
  await expect(comeBack(coraByAda, cleo, ada)).rejects.toMatchObject(ALONE);
  const ann = await own.join('Ann', 'admin');
  const cleoByAda = await comeBack(coraByAda, cleo, ann);
  await expect(recover(ada, ann, cleoByAda)).rejects.toMatchObject(ALONE);
  // Whom somebody else has brought back stands beside Ada again.
  const bobAgain = await comeBack(ann, bob, ada);
  await invite(ada, 'Carl', ['compliance'], bobAgain);
});

test('whoever brought somebody back and is then brought back herself is no second person beside them', async () => {
  const { ada, cora, own, freeze, release, invite, comeBack } =
    await company('brought back in turn');
  const bob = await own.join('Bob', 'admin');
  const bobByAda = await comeBack(ada, bob, cora);
  const adaAgain = await comeBack(cora, ada, bobByAda);
  await freeze(cora);
  await expect(release(adaAgain, bobByAda)).rejects.toMatchObject(ALONE);
  await expect(release(bobByAda, adaAgain)).rejects.toMatchObject(ALONE);
  // Who asked and who approved of the last one still are two: nobody is locked out by it.
  await release(cora, bobByAda);
  await invite(bobByAda, 'Carl', ['compliance'], cora);
});

test('a policy that governs it asks for its own people as well, and nobody else does instead', async () => {
  const { own, ada, cora, invite } = await company('policy');
  const bob = await own.join('Bob', 'treasury-manager');
  const fin = await own.join('Fin', 'finance-operator');
  const more = `rule people "Somebody looks at changes of permissions" {
  applies to permission-change
  when    always
  then    allow with approval by 1 of managers, not by initiator
}
`;
  const shape = { governs: 'transfer, permission-change', more };
  const publish = (version: number, ...managers: string[]) =>
    own.publish(cora, policyFiles({ version, managers, ...shape }).files);
  await publish(1, 'fin@acme.example');
  await expect(invite(ada, 'Ann', ['admin'], fin)).rejects.toMatchObject(ALONE);
  await expect(invite(ada, 'Ann', ['admin'], bob)).rejects.toMatchObject(ALONE);
  const input = { name: 'Ann', email: 'ann@acme.example', roles: ['admin'], enrolmentKey: KEY };
  const asked = async () => {
    const change = await ada.sign(own.statement('inviteUser', own.newId('user'), input, ada.id));
    return approvalsAsked(own.state, { change, approvals: [] }, own.now).requirement.quorums;
  };
  const overseers = { group: 'people with authority over others', count: 1 };
  expect(await asked()).toEqual([{ group: 'managers', count: 1 }, overseers]);
  await invite(ada, 'Ann', ['admin'], fin, bob);
  await invite(ada, 'Alice', ['finance-operator'], fin);
  await publish(2, 'bob@acme.example');
  expect(await asked().catch(({ code }) => code)).toBe('INVALID_INPUT');
  await invite(ada, 'Amy', ['admin'], bob);
});
