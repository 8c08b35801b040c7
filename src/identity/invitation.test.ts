import { afterAll, beforeAll, expect, test } from 'vitest';
import { enrolmentKeyOf } from '#mandate/enrolment.ts';
import { OrganizationLog } from '#persistence/organization.ts';
import { reader } from '#persistence/database.ts';
import {
  type Person,
  beginInvite,
  foundOrganization,
  invite,
  join,
  sign,
} from '#testing/person.ts';
import { type Stage, ORIGIN, openStage } from '#testing/identity-stage.ts';
import { type InviteInput, inviteUser, parseInvite } from './invitation.ts';
import { createOrganization } from './organization.ts';

let stage: Stage;
let admin: Person;

beforeAll(async () => {
  stage = await openStage();
  ({ admin } = await foundOrganization(stage.services));
});
afterAll(() => stage.close());

const enrolmentKey = enrolmentKeyOf(new Uint8Array(32).fill(1));
const BOB = { name: 'Bob', email: 'Bob@acme.example', roles: ['treasury-manager'], enrolmentKey };

test('an administrator invites with a signature, and it is recorded', async () => {
  const invited = await invite(stage.services, admin, BOB);
  expect((await stage.audit(admin.actor.organization)).at(-1)).toMatchObject({
    action: 'user.invited',
    actor: admin.actor.user,
    subject: invited.user,
    detail: { name: 'Bob', email: 'bob@acme.example', roles: ['treasury-manager'] },
  });
  await expect(invite(stage.services, admin, BOB)).rejects.toThrow(/has this address already/);
});

test('the same address may belong to a user of another organisation', async () => {
  const { admin: other } = await foundOrganization(stage.services, 'Other');
  await invite(stage.services, admin, { ...BOB, email: 'both@acme.example' });
  await invite(stage.services, other, { ...BOB, email: 'both@acme.example' });
});

test('nobody else may invite, and no session without a passkey may', async () => {
  const alice = await join(stage.services, admin, 'Alice', 'finance-operator');
  const forbidden = inviteUser(stage.services, alice.actor, BOB, null);
  await expect(forbidden).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const unsigned = inviteUser(stage.services, admin.actor, BOB, undefined);
  await expect(unsigned).rejects.toMatchObject({ code: 'USER_ACTION_REQUIRED' });
});

test('roles that were not signed are refused', async () => {
  const mallory = { name: 'Mallory', email: 'm@acme.example', roles: ['compliance'], enrolmentKey };
  const signed = await sign(admin, await beginInvite(stage.services, admin, mallory));
  const more = { ...mallory, roles: ['compliance', 'treasury-manager'] };
  const attempt = inviteUser(stage.services, admin.actor, more, signed);
  await expect(attempt).rejects.toMatchObject({ code: 'USER_ACTION_MISMATCH' });
  const other = inviteUser(stage.services, admin.actor, { ...mallory, name: 'Malory' }, signed);
  await expect(other).rejects.toThrow(/input is not what was signed/);
  await inviteUser(stage.services, admin.actor, mallory, signed);
});

test('the canonical invitation has a lower-case address and each role once, in order', () => {
  const roles = ['compliance', 'admin', 'compliance'];
  const input = { name: 'X', email: 'X@Y.example', roles, enrolmentKey };
  expect(parseInvite(input)).toEqual({
    name: 'X',
    email: 'x@y.example',
    roles: ['admin', 'compliance'],
    enrolmentKey,
  });
});

test.each<[string, Partial<InviteInput>]>([
  ['name', { name: '' }],
  ['name', { name: ' Bob' }],
  ['name', { name: 'Bob\u202e' }],
  ['name', { name: 'B'.repeat(101) }],
  ['email', { email: 'bob' }],
  ['email', { email: 'bob@acme@example' }],
  ['email', { email: 'bоb@acme.example' }],
  ['email', { email: `${'b'.repeat(250)}@acme.example` }],
  ['roles', { roles: [] }],
  ['roles', { roles: ['owner'] }],
  ['enrolmentKey', { enrolmentKey: '' }],
  ['enrolmentKey', { enrolmentKey: 'AAAA' }],
])('an invitation with a bad %s is refused: %j', (field, change) => {
  expect(() => parseInvite({ ...BOB, ...change })).toThrow(
    expect.objectContaining({
      code: 'INVALID_INPUT',
      context: expect.objectContaining({ field }),
    }),
  );
});

test('an organisation is made with the operator token only', async () => {
  const count = () => reader(stage.services.db).count(OrganizationLog);
  const before = await count();
  const input = { name: 'Acme', adminName: 'Ada', adminEmail: 'Ada@acme.example' };
  for (const sent of ['', 'secreT', 'secret ']) {
    const attempt = createOrganization(stage.services, { own: 'secret', sent }, input);
    await expect(attempt).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect(await count()).toBe(before);
  const token = { own: 'secret', sent: 'secret' };
  const made = await createOrganization(stage.services, token, input);
  expect(made.administrator.link).toBe(`${ORIGIN}/#invite=${made.administrator.token}`);
  expect(await stage.audit(made.organization)).toMatchObject([
    { action: 'organization.created', actor: 'system', subject: made.organization },
  ]);
  const unnamed = createOrganization(stage.services, token, { ...input, name: '' });
  await expect(unnamed).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
