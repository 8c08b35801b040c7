import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64url, concat, parseBase64url } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { optionsFor } from '#mandate/statement.ts';
import { reader } from '#persistence/database.ts';
import { Credential, User } from '#persistence/identity.ts';
import type { Tampering } from '#testing/authenticator.ts';
import {
  type Person,
  answerLogin,
  beginInvite,
  foundOrganization,
  invite,
  join,
  login,
  nonce,
} from '#testing/person.ts';
import { type Stage, openStage } from '#testing/identity-stage.ts';
import { beginLogin, completeLogin } from './login.ts';
import { authenticate } from './session.ts';

let stage: Stage;
let admin: Person;

beforeAll(async () => {
  stage = await openStage();
  ({ admin } = await foundOrganization(stage.services));
});
afterAll(() => stage.close());

const audit = async () => stage.audit(admin.actor.organization);
const recruit = (name: string) => join(stage.services, admin, name, 'finance-operator');

test('a passkey opens a session with the roles of its owner', async () => {
  const alice = await recruit('Alice');
  const session = await login(stage.services, alice.authenticator);
  expect(session.actor).toMatchObject({ user: alice.actor.user, roles: ['finance-operator'] });
  expect(await authenticate(stage.services, session.token)).toMatchObject(session.actor);
  expect((await audit()).at(-1)).toMatchObject({
    action: 'session.opened',
    actor: alice.actor.user,
    subject: session.actor.session,
  });
});

const flip = (bytes: Uint8Array) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);

const NEGATIVES: readonly [string, Tampering][] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['a sub-domain', { origin: 'http://pay.localhost:4000' }],
  ['another scheme', { origin: 'https://localhost:4000' }],
  ['another rpID', { rpId: 'evil.example' }],
  ['the type of a registration', { type: 'webauthn.create' }],
  ['nobody verified', { userVerified: false }],
  ['nobody present', { userPresent: false }],
  ['a flipped signature', { signature: flip }],
  ['an empty signature', { signature: () => new Uint8Array() }],
  ['another challenge', { challenge: nonce() }],
  ['a foreign frame', { crossOrigin: true }],
  ['a foreign top page', { topOrigin: 'https://evil.example' }],
  ['short authenticator data', { authenticatorData: (bytes) => bytes.subarray(0, 36) }],
  ['more authenticator data', { authenticatorData: (bytes) => concat(bytes, bytes) }],
  ['a backup without eligibility', { backedUp: true }],
  ['another kind of passkey', { backupEligible: true }],
  ['a foreign user handle', { userHandle: base64url(new Uint8Array(8)) }],
];

test.each(NEGATIVES)(
  'a login with %s is refused, recorded once, and opens nothing',
  async (...it) => {
    const [name, tampering] = it;
    const person = await recruit(name.replaceAll(' ', '-'));
    const [before, rows] = [await audit(), await stage.count()];
    const attempt = login(stage.services, person.authenticator, tampering);
    await expect(attempt).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
    const added = (await audit()).slice(before.length);
    expect(added.map(({ action }) => action)).toEqual(['login.refused']);
    expect(await stage.count()).toEqual(rows);
  },
);

test("one's own signature under another person's passkey id is refused, and so is the reverse", async () => {
  const [carol, dave] = [await recruit('Carol'), await recruit('Dave')];
  const own = carol.authenticator.credentials[0]!;
  const foreign = dave.authenticator.credentials[0]!;
  const asDave = { credentialId: foreign.id, userHandle: foreign.userHandle };
  for (const tampering of [asDave, { credentialId: foreign.id }, { signWith: foreign }]) {
    const attempt = login(stage.services, carol.authenticator, tampering);
    await expect(attempt).rejects.toThrow(/not made with a passkey that is registered here/);
  }
  const handle = { userHandle: foreign.userHandle };
  const attempt = login(stage.services, carol.authenticator, handle);
  await expect(attempt).rejects.toThrow(/not made with a passkey that is registered here/);
  expect(own.userHandle).not.toBe(foreign.userHandle);
});

test('a bad signature reads alike for a known and an unknown passkey', async () => {
  const erin = await recruit('Erin');
  const refusal = async (tampering: Tampering) =>
    login(stage.services, erin.authenticator, tampering).then(
      () => undefined,
      (error: Error) => error.message,
    );
  const known = await refusal({ signature: flip });
  expect(known).toMatch(/registered here/);
  expect(await refusal({ signature: flip, credentialId: nonce() })).toBe(known);
  expect(await refusal({ credentialId: nonce() })).toBe(known);
});

test('a login is answered once, in time, and by the passkey that was asked', async () => {
  const frank = await recruit('Frank');
  const answer = await answerLogin(stage.services, frank.authenticator);
  const late = await answerLogin(stage.services, frank.authenticator);
  await completeLogin(stage.services, answer);
  const again = completeLogin(stage.services, answer);
  await expect(again).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
  stage.pass(5 * 60_000);
  const expired = completeLogin(stage.services, late);
  await expect(expired).rejects.toMatchObject({ code: 'CHALLENGE_EXPIRED' });
  const stillUsed = completeLogin(stage.services, answer);
  await expect(stillUsed).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
  const unknown = completeLogin(stage.services, { ...answer, challengeId: 'chg_1' });
  await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const bad = completeLogin(stage.services, { ...late, clientNonce: 'AA' });
  await expect(bad).rejects.toMatchObject({ code: 'CHALLENGE_EXPIRED' });
});

test('one of 50 parallel uses of one login answer opens a session', async () => {
  const grace = await recruit('Grace');
  const answer = await answerLogin(stage.services, grace.authenticator);
  const { sessions } = await stage.count();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => completeLogin(stage.services, answer)),
  );
  const codes = outcomes.flatMap((it) => (it.status === 'rejected' ? [it.reason.code] : []));
  expect(codes).toEqual(Array.from({ length: 49 }, () => 'CHALLENGE_USED'));
  expect((await stage.count()).sessions).toBe(sessions + 1);
});

test('the challenge of a user action is none of a login', async () => {
  const input = { name: 'X', email: 'x@acme.example', roles: ['compliance'] };
  const begun = await beginInvite(stage.services, admin, input);
  const options = optionsFor({ rpId: 'localhost' }, JSON.parse(begun.intent));
  const credential = await admin.authenticator.get(options);
  const { challengeId } = begun;
  const attempt = completeLogin(stage.services, { challengeId, clientNonce: nonce(), credential });
  await expect(attempt).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a login that was signed as an intent is refused', async () => {
  const begun = await beginInvite(stage.services, admin, {
    name: 'Y',
    email: 'y@acme.example',
    roles: ['admin'],
  });
  expect(canonicalText(JSON.parse(begun.intent))).toBe(begun.intent);
  const credential = await admin.authenticator.get(
    optionsFor({ rpId: 'localhost' }, JSON.parse(begun.intent)),
  );
  const { challengeId } = await beginLogin(stage.services);
  const attempt = completeLogin(stage.services, { challengeId, clientNonce: nonce(), credential });
  await expect(attempt).rejects.toThrow(/another challenge/);
});

test.each([
  ['5 then 4', 4],
  ['5 then 5', 5],
  ['5 then none', 0],
])('a counter of %s suspends the passkey and its sessions', async (_, counter) => {
  const person = await recruit(`counter-${counter}`);
  const { token } = await login(stage.services, person.authenticator, { counter: 5 });
  const copy = login(stage.services, person.authenticator, { counter });
  await expect(copy).rejects.toMatchObject({ code: 'CREDENTIAL_CLONED' });
  const [row] = await reader(stage.services.db).find(Credential, { user: person.actor.user });
  expect(row).toMatchObject({ state: 'suspended', counter: 5 });
  const entries = (await audit()).slice(-2).map(({ action }) => action);
  expect(entries).toEqual(['login.refused', 'credential.suspended']);
  const session = authenticate(stage.services, token);
  await expect(session).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  const next = login(stage.services, person.authenticator, { counter: 9 });
  await expect(next).rejects.toThrow(/suspended/);
});

test('a passkey that never counts may be used again and again', async () => {
  const person = await recruit('zero');
  for (const counter of [0, 0, 0]) await login(stage.services, person.authenticator, { counter });
  await login(stage.services, person.authenticator, { counter: 1 });
});

test('a suspended user neither enters nor stays', async () => {
  const person = await recruit('gone');
  await reader(stage.services.db).nativeUpdate(
    User,
    { id: person.actor.user },
    { state: 'suspended' },
  );
  const attempt = login(stage.services, person.authenticator);
  await expect(attempt).rejects.toThrow(/suspended/);
  const session = authenticate(stage.services, person.token);
  await expect(session).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
});

async function offerTo(email: string) {
  const offer = await beginLogin(stage.services, { email });
  expect(Object.keys(offer)).toEqual(['challengeId', 'serverNonce', 'options', 'expiresAt']);
  expect(parseBase64url(offer.serverNonce)).toHaveLength(32);
  return offer.options;
}

test('a known, an unknown and an invited address get answers of one shape', async () => {
  const heidi = await recruit('Heidi');
  const known = await offerTo('HEIDI@acme.example');
  expect(known.allowCredentials.map(({ id }) => id)).toEqual([
    heidi.authenticator.credentials[0]!.id,
  ]);
  const unknown = await offerTo('nobody@acme.example');
  expect(Object.keys(unknown)).toEqual(Object.keys(known));
  expect(unknown.allowCredentials).toHaveLength(1);
  expect(parseBase64url(unknown.allowCredentials[0]!.id)).toHaveLength(32);
  expect(await offerTo('nobody@acme.example')).toEqual(unknown);
  expect(Object.keys(await offerTo('no address\0'))).toEqual(Object.keys(known));
  await invite(stage.services, admin, {
    name: 'Ivan',
    email: 'ivan@acme.example',
    roles: ['admin'],
  });
  const invited = await offerTo('ivan@acme.example');
  expect(invited.allowCredentials).toHaveLength(1);
  expect(Object.keys(invited)).toEqual(Object.keys(known));
  expect(await offerTo('somebody@acme.example')).not.toEqual(unknown);
});

test('options carry no challenge: only the client computes one', async () => {
  expect(await beginLogin(stage.services)).not.toHaveProperty('options.challenge');
});
