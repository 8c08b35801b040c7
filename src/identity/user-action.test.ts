import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChangeInput } from '#mandate/change.ts';
import { changeStatement, changeWithInput, parseChange } from '#mandate/change.ts';
import { relyingPartyOf, requireAssertion } from '#mandate/assertion.ts';
import { instant } from '#core/time.ts';
import { reader } from '#persistence/database.ts';
import { Credential, findCredential } from '#persistence/identity.ts';
import { UserAction } from '#persistence/user-action.ts';
import type { Tampering } from '#testing/authenticator.ts';
import {
  type Person,
  answerLogin,
  foundOrganization,
  join,
  login,
  nonce,
  sign,
} from '#testing/person.ts';
import { type Stage, ORIGIN, openStage } from '#testing/identity-stage.ts';
import { authenticate } from './session.ts';
import {
  CHALLENGE_LIFETIME_MS,
  type SignedAction,
  beginChallenge,
  signedTransaction,
} from './user-action.ts';

let stage: Stage;
let admin: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ({ admin } = await foundOrganization(stage.services));
  bob = await join(stage.services, admin, 'Bob', 'finance-operator');
});
afterAll(() => stage.close());

const WALLET = { name: 'Treasury', network: 'local-evm', amount: '1' };

function begin(person: Person, input: ChangeInput = WALLET, operation = 'createWallet') {
  const created = stage.services.clock.now();
  const statement = changeStatement({
    organization: person.actor.organization,
    operation,
    subject: person.actor.organization,
    replaces: 0,
    input,
    initiator: person.actor.user,
    nonce: stage.services.random(16),
    created,
    expires: instant(created + 60_000),
  });
  return beginChallenge(stage.services, person.actor, operation, statement);
}

type Sent = { input?: ChangeInput; operation?: string; effect?: () => Promise<void> };

/** A mutation as the workflow writes one: it uses the signature up, then has its effect. */
async function act(person: Person, signed: SignedAction | null, sent: Sent = {}) {
  const { input = WALLET, operation = 'createWallet', effect } = sent;
  const action = { operation, signed };
  return signedTransaction(stage.services, person.actor, action, async (_, consume) => {
    const statement = await consume((stored) => changeWithInput(parseChange(stored), input));
    await effect?.();
    return statement;
  });
}

const audit = async () => stage.audit(admin.actor.organization);
const credentialOf = (person: Person) =>
  reader(stage.services.db).findOneOrFail(Credential, { user: person.actor.user });

test('a signed action returns the evidence that a node checks by itself', async () => {
  const signed = await sign(bob, await begin(bob));
  const evidence = await act(bob, signed);
  expect(parseChange(evidence.statement)).toMatchObject({ input: WALLET });
  const passkey = await findCredential(reader(stage.services.db), evidence.credentialId);
  const report = requireAssertion(evidence, passkey!, relyingPartyOf(ORIGIN));
  expect(report.counter).toBe((await credentialOf(bob)).counter);
  expect(Object.keys(evidence).toSorted()).toEqual([
    'authenticatorData',
    'clientDataJSON',
    'credentialId',
    'signature',
    'statement',
  ]);
});

const NEGATIVES: readonly [string, Tampering][] = [
  ['another origin', { origin: 'https://evil.example' }],
  ['another rpID', { rpId: 'evil.example' }],
  ['the type of a registration', { type: 'webauthn.create' }],
  ['another challenge', { challenge: nonce() }],
  ['nobody verified', { userVerified: false }],
  ['nobody present', { userPresent: false }],
  ['a foreign frame', { crossOrigin: true }],
  [
    'a flipped signature',
    { signature: (bytes) => bytes.with(-1 + bytes.length, bytes.at(-1)! ^ 1) },
  ],
  ['an unknown passkey', { credentialId: nonce() }],
  ['a foreign user handle', { userHandle: nonce() }],
  ['another kind of passkey', { backupEligible: true }],
];

test.each(NEGATIVES)(
  'an action with %s is refused, recorded once, and has no effect',
  async (...it) => {
    const carol = await join(stage.services, admin, it[0].replaceAll(' ', '-'), 'finance-operator');
    const begun = await begin(carol);
    const before = await audit();
    const attempt = act(carol, await sign(carol, begun, it[1]));
    await expect(attempt).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
    expect((await audit()).slice(before.length)).toMatchObject([
      {
        action: 'user-action.refused',
        actor: carol.actor.user,
        subject: begun.challengeId,
        detail: { operation: 'createWallet', code: 'WEBAUTHN_REFUSED' },
      },
    ]);
    // The challenge is not used up: the honest answer still counts.
    await act(carol, await sign(carol, begun));
  },
);

test("a passkey of another person is refused, with that person's signature or one's own", async () => {
  const begun = await begin(bob);
  const foreign = admin.authenticator.credentials[0]!;
  const whole = await admin.authenticator.get({
    challenge: nonce(),
    rpId: 'localhost',
  });
  const attempts = [
    await sign(bob, begun, { credentialId: foreign.id }),
    await sign(bob, begun, { credentialId: foreign.id, signWith: foreign }),
    await sign(bob, begun, { userHandle: foreign.userHandle }),
    { challengeId: begun.challengeId, credential: whole },
  ];
  for (const signed of attempts) {
    await expect(act(bob, signed)).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
  }
});

test.each<[string, ChangeInput]>([
  ['another amount', { ...WALLET, amount: '2' }],
  ['a field more', { ...WALLET, memo: '' }],
  ['a field less', { name: 'Treasury', network: 'local-evm' }],
  ['another type', { ...WALLET, amount: 1 }],
  ['a look-alike', { ...WALLET, name: 'Treаsury' }],
  ['a decomposed letter', { ...WALLET, name: 'Treasu\u0301ry' }],
])('an action signed for one input and sent with %s is refused', async (_, input) => {
  const attempt = act(bob, await sign(bob, await begin(bob)), { input });
  await expect(attempt).rejects.toMatchObject({ code: 'USER_ACTION_MISMATCH' });
});

test('keys in another order are the same input', async () => {
  const input = Object.fromEntries(Object.entries(WALLET).toReversed());
  await act(bob, await sign(bob, await begin(bob)), { input });
});

test('a signature for one operation does not do another', async () => {
  const attempt = act(bob, await sign(bob, await begin(bob)), { operation: 'publishPolicy' });
  await expect(attempt).rejects.toMatchObject({ code: 'USER_ACTION_MISMATCH' });
});

test('an action needs a signature', async () => {
  await expect(act(bob, null)).rejects.toMatchObject({ code: 'USER_ACTION_REQUIRED' });
});

test("a challenge of another session, user or ceremony is not the actor's", async () => {
  const signed = await sign(bob, await begin(bob));
  const { actor } = await login(stage.services, bob.authenticator);
  const elsewhere = act({ ...bob, actor }, signed);
  await expect(elsewhere).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(act(admin, signed)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const loginAnswer = await answerLogin(stage.services, bob.authenticator);
  await expect(act(bob, loginAnswer)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const unknown = act(bob, { ...signed, challengeId: 'anything' });
  await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a challenge counts for five minutes', async () => {
  const [inTime, late] = [await sign(bob, await begin(bob)), await sign(bob, await begin(bob))];
  stage.pass(CHALLENGE_LIFETIME_MS - 1);
  await act(bob, inTime);
  stage.pass(1);
  await expect(act(bob, late)).rejects.toMatchObject({ code: 'CHALLENGE_EXPIRED' });
  await expect(act(bob, inTime)).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
});

/** Resolves when so many transactions of this database wait for a row that another one holds. */
async function waitForBlocked(count: number): Promise<void> {
  const client = new pg.Client({ connectionString: stage.url });
  await client.connect();
  const waiting = `select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await client.query(waiting)).rows[0].waiting < count);
  await client.end();
}

test('one of 50 parallel uses of one signature has its effect', async () => {
  const signed = await sign(bob, await begin(bob));
  let effects = 0;
  const effect = async () => {
    effects += 1;
    // The winner waits until others stand behind it with a challenge that they saw unused.
    if (effects === 1) await waitForBlocked(15);
  };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => act(bob, signed, { effect })),
  );
  const codes = outcomes.flatMap((it) => (it.status === 'rejected' ? [it.reason.code] : []));
  expect(effects).toBe(1);
  expect(codes).toEqual(Array.from({ length: 49 }, () => 'CHALLENGE_USED'));
  expect(await credentialOf(bob)).toMatchObject({ state: 'active' });
  await expect(act(bob, signed)).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
});

const outOfDisk = () => Promise.reject(new Error('out of disk'));

test('an effect that fails leaves the challenge unused', async () => {
  const signed = await sign(bob, await begin(bob));
  await expect(act(bob, signed, { effect: outOfDisk })).rejects.toThrow('out of disk');
  await act(bob, signed);
});

test('20 actions that were signed in turn may arrive in any order at once', async () => {
  const dave = await join(stage.services, admin, 'Dave', 'finance-operator');
  const begun = await Promise.all(Array.from({ length: 20 }, () => begin(dave)));
  const signed: SignedAction[] = [];
  for (const each of begun) signed.push(await sign(dave, each));
  await Promise.all(signed.toReversed().map((each) => act(dave, each)));
  expect(await credentialOf(dave)).toMatchObject({ state: 'active', counter: 20 });
});

test.each([
  ['goes back', 4],
  ['stands still', 5],
  ['vanishes', 0],
])(
  'a counter that %s suspends the passkey, although the action is rolled back',
  async (_, counter) => {
    const erin = await join(stage.services, admin, `erin-${counter}`, 'finance-operator');
    await act(erin, await sign(erin, await begin(erin), { counter: 5 }));
    const begun = await begin(erin);
    let hadEffect = false;
    const attempt = act(erin, await sign(erin, begun, { counter }), {
      effect: async () => {
        hadEffect = true;
      },
    });
    await expect(attempt).rejects.toMatchObject({ code: 'CREDENTIAL_CLONED' });
    expect(hadEffect).toBe(false);
    expect(await credentialOf(erin)).toMatchObject({ state: 'suspended', counter: 5 });
    const row = await reader(stage.services.db).findOneOrFail(UserAction, {
      id: begun.challengeId,
    });
    expect(row.usedAt).toBeNull();
    const session = authenticate(stage.services, erin.token);
    await expect(session).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    const next = act(erin, await sign(erin, begun, { counter: 9 }));
    await expect(next).rejects.toThrow(/suspended/);
    await expect(begin(erin)).rejects.toThrow(/no active passkey/);
  },
);

test('a counter that another signature carried is a copy, also out of turn', async () => {
  const frank = await join(stage.services, admin, 'Frank', 'finance-operator');
  const [one, two] = [await begin(frank), await begin(frank)];
  await act(frank, await sign(frank, one, { counter: 7 }));
  const twice = act(frank, await sign(frank, two, { counter: 7 }));
  await expect(twice).rejects.toMatchObject({ code: 'CREDENTIAL_CLONED' });
  const grace = await join(stage.services, admin, 'Grace', 'finance-operator');
  const begun = await begin(grace);
  await login(stage.services, grace.authenticator, { counter: 3 });
  const copied = act(grace, await sign(grace, begun, { counter: 3 }));
  await expect(copied).rejects.toMatchObject({ code: 'CREDENTIAL_CLONED' });
});

test('the options name the own active passkeys and carry no challenge', async () => {
  const { options, expiresAt } = await begin(bob);
  expect(options).toEqual({
    rpId: 'localhost',
    allowCredentials: [{ type: 'public-key', id: bob.authenticator.credentials[0]!.id }],
    userVerification: 'required',
    timeout: CHALLENGE_LIFETIME_MS,
  });
  expect(expiresAt - stage.services.clock.now()).toBe(CHALLENGE_LIFETIME_MS);
});
