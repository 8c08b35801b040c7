/** The secret of an invitation: it is in the link, it signs the registration, and it is never sent. */
import { expect, test } from 'vitest';
import { base64url } from '#core/bytes.ts';
import { newId } from '#core/ids.ts';
import { formatInstant, instant, MINUTE_MS } from '#core/time.ts';
import { parseChange } from '#mandate/change.ts';
import { coseKeyOf, SoftwareAuthenticator } from '#testing/authenticator.ts';
import { randomOf } from '#testing/authority.ts';
import { CountersignClient } from './client.ts';
import { withSecret } from './enrolment.ts';

const ORIGIN = 'http://localhost:4000';
const NOW = instant(Date.UTC(2026, 6, 1, 9, 30));
const SECRET = randomOf('secret')(32);
const USER = newId('user', NOW, randomOf('user')(10));
const ENROLMENT = {
  organization: newId('organization', NOW, randomOf('organization')(10)),
  user: USER,
  replaces: 1,
  nonce: base64url(randomOf('nonce')(16)),
  created: formatInstant(NOW),
  expires: formatInstant(instant(NOW + 5 * MINUTE_MS)),
};
const VIEWER = {
  user: { id: USER, name: 'Bob', email: null },
  organization: { id: ENROLMENT.organization, name: 'Acme' },
};

/** A client whose server offers this, and the bodies of what it sends. */
function clientOf(enrolment: unknown) {
  const bodies: string[] = [];
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    bodies.push(typeof init?.body === 'string' ? init.body : '');
    const options = {
      rp: { id: 'localhost', name: 'Countersign' },
      user: { id: 'AAAA', name: 'Bob', displayName: 'Bob' },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    };
    const serverNonce = base64url(randomOf('server')(32));
    const beginRegistration = { challengeId: 'chg_1', serverNonce, options, enrolment };
    const completeRegistration = { sessionToken: 't', expiresAt: '', viewer: VIEWER };
    return Response.json({ data: { beginRegistration, completeRegistration } });
  };
  const own = { authenticator, origin: ORIGIN, now: () => NOW };
  const client = new CountersignClient({ url: ORIGIN, fetch, ...own });
  return { client, bodies, authenticator };
}

const TOKEN = base64url(randomOf('token')(32));
const SENT = { inviteToken: TOKEN, inviteLink: `${ORIGIN}/#invite=${TOKEN}`, expiresAt: '' };

test('an invitation carries the secret in its token and in the fragment of its link', () => {
  const { inviteToken, inviteLink } = withSecret(SENT, SECRET);
  expect(inviteToken).toBe(`${TOKEN}.${base64url(SECRET)}`);
  expect(new URL(inviteLink).hash).toBe(`#invite=${inviteToken}`);
});

test('a registration is signed with the secret, names the passkey, and sends the token alone', async () => {
  const { client, bodies, authenticator } = clientOf(ENROLMENT);
  await client.register({ inviteToken: `${TOKEN}.${base64url(SECRET)}` });
  const [begun, completed] = bodies.map((body) => JSON.parse(body).variables.input);
  expect(begun).toEqual({ inviteToken: TOKEN });
  const [passkey] = authenticator.credentials;
  if (passkey === undefined) throw new Error('no passkey was made');
  expect(parseChange(completed.enrolment.statement)).toMatchObject({
    operation: 'registerCredential',
    subject: USER,
    replaces: 1,
    input: { credential: passkey.id, publicKey: base64url(coseKeyOf(passkey)) },
  });
  expect(bodies.join()).not.toContain(base64url(SECRET));
});

test('the first administrator registers without a secret', async () => {
  const { client, bodies } = clientOf(null);
  await client.register({ inviteToken: TOKEN });
  expect(JSON.parse(bodies[1] ?? '').variables.input).not.toHaveProperty('enrolment');
});

test.each<[string, string, unknown, RegExp]>([
  ['a link that lost its end', TOKEN, ENROLMENT, /not whole/],
  ['half a secret', `${TOKEN}.AAAA`, ENROLMENT, /not whole/],
  ['an offer that is none', `${TOKEN}.${base64url(SECRET)}`, { replaces: '1' }, /not an offer/],
  [
    'an offer for ever',
    `${TOKEN}.${base64url(SECRET)}`,
    { ...ENROLMENT, expires: '9999-01-01T00:00:00.000Z' },
    /too long/,
  ],
])('%s registers nothing', async (_, inviteToken, enrolment, reason) => {
  const { client, bodies } = clientOf(enrolment);
  await expect(client.register({ inviteToken })).rejects.toThrow(reason);
  expect(bodies.join()).not.toContain('completeRegistration');
});
