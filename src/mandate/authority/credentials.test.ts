/** How people gain, add, lose and get back what they sign with, and who may have it so. */
import { expect, test } from 'vitest';
import { DAY_MS, instant } from '#core/time.ts';
import { addressListChange } from '#mandate/change-input.ts';
import {
  type Member,
  newMember,
  passkeyOf,
  randomOf,
  type Signer,
  TestAuthority,
} from '#testing/authority.ts';
import { credentialOf } from '#testing/paying-company-log.ts';
import { replay } from './entry.ts';

/** Acme with an administrator more, a compliance officer and an approver. */
async function company(seed: string) {
  const own = await TestAuthority.found(seed);
  const ann = await own.join('Ann', 'admin');
  const bob = await own.join('Bob', 'treasury-manager');
  const cora = await own.join('Cora', 'compliance');
  const robot = await own.employ('Robot', 'admin');
  const add = async (member: Signer, passkey: Member, subject: string = member.id) =>
    own.change(member, 'addCredential', subject, passkeyOf(passkey));
  const revoke = (by: Signer, { id: credential }: { readonly id: string }) =>
    own.change(by, 'revokeCredential', credential, { credential });
  const change = (by: Signer, userId: string, ...roles: string[]) =>
    own.change(by, 'changeRoles', userId, { userId, roles });
  const appoint = (by: Signer, approver: Signer, userId: string, ...roles: string[]) =>
    own.change(by, 'changeRoles', userId, { userId, roles }, [approver]);
  const spare = (member: Signer, name = 'spare') =>
    newMember(member.id, randomOf(`${seed} ${name} ${member.id}`));
  return {
    own,
    ada: own.administrator,
    ann,
    bob,
    cora,
    robot,
    add,
    revoke,
    change,
    appoint,
    spare,
  };
}

const list = addressListChange({ name: 'vendors', entries: [] });
const signs = (own: TestAuthority, member: Signer) =>
  own.change(member, 'setAddressList', 'vendors', list);

test('a second passkey signs as its person does, and nobody adds one for another', async () => {
  const { own, cora, bob, robot, add, spare } = await company('add');
  const again = await spare(cora);
  await add(cora, again);
  expect(own.state.users.get(cora.id)?.version).toBe(3);
  await signs(own, again);
  expect(own.state.lists.get('vendors')).toEqual({ version: 1, entries: [] });
  await expect(add(cora, again)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(add(cora, await spare(bob), bob.id)).rejects.toThrow(/for another/);
  await expect(add(robot, await spare(robot), robot.id)).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});

test('a person has ten passkeys at most', async () => {
  const { cora, add, spare } = await company('ten');
  for (let count = 1; count < 10; count++) await add(cora, await spare(cora, `${count}`));
  await expect(add(cora, await spare(cora))).rejects.toThrow(/10 passkeys already/);
});

test('everybody ends an own passkey, and an administrator that of anybody, for good', async () => {
  const { own, ada, bob, cora, add, revoke, spare } = await company('revoke');
  const lost = credentialOf(cora);
  await expect(revoke(cora, lost)).rejects.toThrow(/your only passkey/);
  const again = await spare(cora);
  await add(cora, again);
  await expect(revoke(bob, lost)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await revoke(again, lost);
  await expect(signs(own, cora)).rejects.toThrow(/no credential of the log/);
  await expect(revoke(again, lost)).rejects.toThrow(/revoked already/);
  await expect(add(again, cora)).rejects.toThrow(/registered already/);
  await revoke(ada, credentialOf(again));
  await expect(signs(own, again)).rejects.toThrow(/no credential of the log/);
  await expect(revoke(ada, credentialOf(ada))).rejects.toThrow(/your only passkey/);
});

test('two recover a person, who is none of them, and nothing of before signs any more', async () => {
  const { own, ada, ann, bob, cora } = await company('recover');
  const recovery = (by: Signer, userId: string, ...approvers: Signer[]) =>
    own.change(by, 'recoverUser', userId, { userId, enrolmentKey: KEY }, approvers);
  await expect(recovery(ada, bob.id)).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  await expect(recovery(ada, bob.id, bob)).rejects.toThrow(/2 people/);
  await expect(recovery(ada, ann.id, ann)).rejects.toThrow(/2 people/);
  await expect(recovery(ada, ada.id, ann)).rejects.toThrow(/your own user/);
  await expect(recovery(bob, cora.id, ada)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const enrolling = await own.recover(cora.id, ann);
  expect(own.state.users.get(cora.id)).toMatchObject({ state: 'invited', version: 3 });
  await expect(signs(own, cora)).rejects.toThrow(/no credential of the log/);
  const again = await own.enrol(enrolling);
  expect(own.state.users.get(cora.id)).toMatchObject({ state: 'active', version: 4 });
  await signs(own, again);
  await expect(own.enrol(enrolling)).rejects.toThrow(/nobody is invited/);
});

const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

test('the only administrator is recovered too, again and again until it is done', async () => {
  const { own, ada, ann, cora, appoint } = await company('administrator');
  const other = await own.join('Carl', 'compliance');
  await appoint(ann, cora, ada.id, 'compliance');
  const recover = (enrolmentKey = KEY) => {
    const input = { userId: ann.id, enrolmentKey };
    return own.change(cora, 'recoverUser', ann.id, input, [other]);
  };
  await recover();
  own.now = instant(own.now + 8 * DAY_MS);
  await recover();
  expect(own.state.users.get(ann.id)).toMatchObject({ state: 'invited', roles: ['admin'] });
});

test('an administrator takes roles from others at once, and gives themselves none', async () => {
  const { own, ada, bob, cora, robot, change, appoint } = await company('roles');
  await expect(change(cora, bob.id, 'admin')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(change(robot, bob.id, 'admin')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(appoint(ada, cora, ada.id, 'admin', 'compliance')).rejects.toThrow(/own user/);
  await expect(change(ada, cora.id, 'compliance')).rejects.toThrow(/exactly these/);
  await expect(change(ada, cora.id, 'compliance', 'admin')).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
  });
  await change(ada, cora.id, 'treasury-manager');
  expect(own.state.users.get(cora.id)?.roles).toEqual(['treasury-manager']);
  await expect(signs(own, cora)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await own.deactivate(bob.id);
  await expect(change(ada, bob.id, 'finance-operator')).rejects.toThrow(/deactivated/);
});

test('a node that reads the log again comes to the same state', async () => {
  const { own, cora, ann, add, appoint, spare, ada } = await company('again');
  await add(cora, await spare(cora));
  await appoint(ada, cora, ann.id, 'compliance');
  await own.enrol(await own.recover(cora.id, ann));
  expect(replay(own.entries)).toEqual(own.state);
});
