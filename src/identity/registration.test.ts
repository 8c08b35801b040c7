import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64url, concat, parseHex } from '#core/bytes.ts';
import { REGISTRATION_DOMAIN, answerCeremony } from '#mandate/ceremony.ts';
import { reader } from '#persistence/database.ts';
import { Credential, Invitation, User } from '#persistence/identity.ts';
import { SoftwareAuthenticator, type Tampering } from '#testing/authenticator.ts';
import {
  type Person,
  answerLogin,
  answerRegistration,
  foundOrganization,
  invite,
  join,
  login,
  nonce,
  register,
} from '#testing/person.ts';
import { type Stage, ORIGIN, openStage } from '#testing/identity-stage.ts';
import { findAuthority } from './authority.ts';
import { beginRegistration, completeRegistration } from './registration.ts';
import { authenticate } from './session.ts';

let stage: Stage;
let admin: Person;
let number = 0;

beforeAll(async () => {
  stage = await openStage();
  ({ admin } = await foundOrganization(stage.services));
});
afterAll(() => stage.close());

const fresh = () => new SoftwareAuthenticator({ origin: ORIGIN });
const invited = () => {
  const name = `person-${(number += 1)}`;
  const email = `${name}@acme.example`;
  return invite(stage.services, admin, { name, email, roles: ['finance-operator'] });
};

test.each([
  ['ES256', [-7]],
  ['Ed25519', [-8]],
])('an invitation registers an %s passkey, opens a session and is spent', async (_, algorithms) => {
  const made = await invited();
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN, algorithms });
  const person = await register(stage.services, made.invitation, authenticator);
  expect(person.actor).toMatchObject({ user: made.user, roles: ['finance-operator'] });
  expect(await authenticate(stage.services, person.token)).toMatchObject(person.actor);
  expect((await login(stage.services, authenticator)).actor.user).toBe(made.user);
  const again = register(stage.services, made.invitation, fresh());
  await expect(again).rejects.toThrow(/used already/);
  const entries = await stage.audit(admin.actor.organization);
  const mine = entries.filter(({ actor }) => actor === made.user).map(({ action }) => action);
  expect(mine).toEqual(['credential.registered', 'session.opened']);
});

test('the token is stored as its hash only', async () => {
  const { token, link } = await invited();
  expect(link).toBe(`${ORIGIN}/#invite=${token}`);
  const rows = await reader(stage.services.db).find(Invitation, {});
  const stored = rows.map(({ tokenHash }) => base64url(tokenHash));
  expect(stored).not.toContain(token);
});

test.each(['', 'short', 'A'.repeat(43), `${'A'.repeat(42)}B`])(
  'the token %j is not an invitation',
  async (inviteToken) => {
    const attempt = beginRegistration(stage.services, { inviteToken });
    await expect(attempt).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      context: { field: 'inviteToken', reason: 'not an invitation' },
    });
  },
);

test('an invitation expires after a week, also while a registration is under way', async () => {
  const { token, invitation: whole } = await invited();
  stage.pass(7 * 86_400_000 - 1);
  const offer = await beginRegistration(stage.services, { inviteToken: token });
  stage.pass(1);
  await expect(register(stage.services, whole)).rejects.toThrow(/expired/);
  const own = { clientNonce: new Uint8Array(32), origin: ORIGIN };
  const { clientNonce, options } = answerCeremony(REGISTRATION_DOMAIN, offer, own);
  const credential = await fresh().create(structuredClone(options) as never);
  const { challengeId } = offer;
  const attempt = completeRegistration(stage.services, { challengeId, clientNonce, credential });
  await expect(attempt).rejects.toThrow(/invitation has expired/);
});

const NEGATIVES: readonly [string, Tampering][] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['a sub-domain', { origin: 'http://pay.localhost:4000' }],
  ['another rpID', { rpId: 'evil.example' }],
  ['the type of a login', { type: 'webauthn.get' }],
  ['another challenge', { challenge: nonce() }],
  ['nobody verified', { userVerified: false }],
  ['nobody present', { userPresent: false }],
  ['a foreign frame', { crossOrigin: true }],
  ['a foreign top page', { topOrigin: 'https://evil.example' }],
  ['a backup without eligibility', { backedUp: true }],
  ['another id than the attested one', { credentialId: nonce() }],
  ['short authenticator data', { authenticatorData: (bytes) => bytes.subarray(0, 100) }],
  ['bytes behind the key', { authenticatorData: (bytes) => concat(bytes, Uint8Array.of(0)) }],
  ['an RSA key', { publicKey: () => parseHex('a401030339010020430100012145a1a2a3a4a5') }],
  ['a key of unknown kind', { publicKey: (key) => key.with(4, 0x38) }],
  [
    'a key in another order',
    { publicKey: (key) => concat(key.slice(0, 1), key.slice(3, 5), key.slice(1, 3), key.slice(5)) },
  ],
];

test.each(NEGATIVES)(
  'a registration with %s is refused, recorded once, and stores nothing',
  async (...it) => {
    const { invitation: whole, user } = await invited();
    const [before, rows] = [await stage.audit(admin.actor.organization), await stage.count()];
    const attempt = register(stage.services, whole, fresh(), it[1]);
    await expect(attempt).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
    const added = (await stage.audit(admin.actor.organization)).slice(before.length);
    expect(added).toMatchObject([{ action: 'registration.refused', actor: user }]);
    expect(await stage.count()).toEqual(rows);
    // The invitation is still good.
    await register(stage.services, whole, fresh());
  },
);

const FIELDS = { clientDataJSON: 'e30', attestationObject: 'AAAA' };

test.each<[string, unknown, RegExp]>([
  ['nothing', null, /not an object/],
  ['a list', [], /not an object/],
  ['no response', { id: 'AAAA' }, /no response/],
  ['a number for an id', { id: 1, response: FIELDS }, /id is not base64url/],
  ['two ids', { id: 'AAAA', rawId: 'AAAB', response: FIELDS }, /two ids/],
  [
    'another type',
    { id: 'AAAA', type: 'password', response: FIELDS },
    /credential is of another type/,
  ],
  ['other client data', { id: 'AAAA', response: FIELDS }, /another type/],
  ['padding', { id: 'AAAA', response: { ...FIELDS, clientDataJSON: 'e30=' } }, /not base64url/],
  [
    'a field that is too long',
    { id: 'AAAA', response: { ...FIELDS, attestationObject: 'A'.repeat(20_000) } },
    /attestationObject is not base64url/,
  ],
  ['no attestation', { id: 'AAAA', response: { clientDataJSON: 'e30' } }, /attestationObject/],
])('%s is refused as a credential', async (_, credential, reason) => {
  const { token } = await invited();
  const { challengeId } = await beginRegistration(stage.services, { inviteToken: token });
  const answer = { challengeId, clientNonce: nonce(), credential };
  const attempt = completeRegistration(stage.services, answer);
  await expect(attempt).rejects.toThrow(reason);
  await expect(attempt).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
});

test('an attestation that is no CBOR is refused', async () => {
  const { invitation: whole } = await invited();
  const attempt = register(stage.services, whole, fresh(), { publicKey: () => new Uint8Array() });
  await expect(attempt).rejects.toThrow(/attestation is not valid/);
});

test('one of ten parallel registrations with one invitation wins', async () => {
  const { invitation: whole, user } = await invited();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => register(stage.services, whole, fresh())),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const tx = reader(stage.services.db);
  expect(await tx.count(Credential, { user })).toBe(1);
  expect(await tx.findOneOrFail(User, { id: user })).toMatchObject({ state: 'active' });
});

test('a passkey belongs to one user only', async () => {
  const [one, two] = [await invited(), await invited()];
  const twins = [1, 2].map(
    () =>
      new SoftwareAuthenticator({ origin: ORIGIN, random: (size) => new Uint8Array(size).fill(7) }),
  );
  await register(stage.services, one.invitation, twins[0]);
  const attempt = register(stage.services, two.invitation, twins[1]);
  await expect(attempt).rejects.toThrow(/registered already/);
});

test('the challenge of a login is none of a registration', async () => {
  const { challengeId } = await answerLogin(stage.services, admin.authenticator);
  const answer = { challengeId, clientNonce: nonce(), credential: {} };
  const attempt = completeRegistration(stage.services, answer);
  await expect(attempt).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

const secretOf = (text: string) => text.split('.')[1] ?? '';

test("without the signature of the invitation's key a passkey is not let in", async () => {
  const { invitation: whole, token, user } = await invited();
  const { invitation: another } = await invited();
  const stolen = register(stage.services, token, fresh());
  await expect(stolen).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  const mixed = register(stage.services, `${token}.${secretOf(another)}`, fresh());
  await expect(mixed).rejects.toThrow(/not of this key/);
  const entries = await stage.audit(admin.actor.organization);
  const refused = entries.filter(({ actor, action }) => actor === user && /refused/.test(action));
  expect(refused.length).toBeGreaterThan(0);
  // Signed, but for another passkey than the one that is registered.
  const mine = await answerRegistration(stage.services, whole, fresh());
  const { enrolment } = await answerRegistration(stage.services, whole, fresh());
  const swapped = completeRegistration(stage.services, { ...mine, enrolment });
  await expect(swapped).rejects.toMatchObject({ code: 'USER_ACTION_MISMATCH' });
  await completeRegistration(stage.services, mine);
});

test("the first administrator's passkey founds the authority log, and every other one joins it", async () => {
  const { organization, admin: first } = await foundOrganization(stage.services, 'Founded');
  const tx = reader(stage.services.db);
  expect(await findAuthority(tx, organization)).toMatchObject({
    organization,
    name: 'Founded',
    origin: ORIGIN,
    head: { sequence: 0 },
  });
  const bob = await join(stage.services, first, 'Bob', 'treasury-manager');
  const state = await findAuthority(tx, organization);
  expect(state?.head.sequence).toBe(2);
  expect(state?.users.get(bob.actor.user)).toMatchObject({ state: 'active', version: 2 });
  expect([...(state?.credentials.values() ?? [])].map(({ user }) => user)).toEqual([
    first.actor.user,
    bob.actor.user,
  ]);
});
