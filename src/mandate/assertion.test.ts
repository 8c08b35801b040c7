import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { expect, test } from 'vitest';
import { type Bytes, base64url, concat, parseBase64url, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { SoftwareAuthenticator, type Tampering, coseKeyOf } from '#testing/authenticator.ts';
import {
  type SignedStatement,
  relyingPartyOf,
  requireAssertion,
  requireCeremony,
} from './assertion.ts';
import { requireClientData } from './client-data.ts';
import { PAYMENT } from './fixtures.ts';
import { transferIntent } from './intent.ts';
import { optionsFor } from './statement.ts';

const ORIGIN = 'http://localhost:4000';
const relyingParty = relyingPartyOf(ORIGIN);
const intent = transferIntent(PAYMENT);
const options = optionsFor({ rpId: 'localhost' }, intent);

type Passkey = { kind: 'passkey'; authenticator: SoftwareAuthenticator; publicKey: Bytes };

async function passkey(algorithms = [-7]): Promise<Passkey> {
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN, algorithms });
  await authenticator.create({
    rp: { id: 'localhost', name: 'Countersign' },
    user: { id: 'dXNlcg', name: 'alice', displayName: 'Alice' },
    challenge: base64url(new Uint8Array(32)),
    pubKeyCredParams: algorithms.map((alg) => ({ alg, type: 'public-key' })),
  });
  const kind = 'passkey';
  return { kind, authenticator, publicKey: coseKeyOf(authenticator.credentials[0]!) };
}

async function sign({ authenticator }: Passkey, tampering: Tampering = {}) {
  const answer = await authenticator.get(options, tampering);
  const { authenticatorData, clientDataJSON, signature } = answer.response;
  const statement = canonicalText(intent);
  return {
    answer,
    signed: { statement, credentialId: answer.id, authenticatorData, clientDataJSON, signature },
  };
}

/** What @simplewebauthn/server thinks of the same response. */
async function oracleAccepts(answer: Parameters<typeof verify>[0], publicKey: Bytes) {
  return await verify(answer, publicKey).then(
    ({ verified }) => verified,
    () => false,
  );
}

const verify = (
  response: Parameters<typeof verifyAuthenticationResponse>[0]['response'],
  publicKey: Bytes,
) =>
  verifyAuthenticationResponse({
    response,
    expectedChallenge: options.challenge,
    expectedOrigin: ORIGIN,
    expectedRPID: 'localhost',
    credential: { id: response.id, publicKey: Uint8Array.from(publicKey), counter: 0 },
  });

test.each([
  ['ES256', -7],
  ['Ed25519', -8],
])('an honest %s assertion passes here and with the library', async (_, algorithm) => {
  const key = await passkey([algorithm]);
  const { answer, signed } = await sign(key, { backupEligible: true, backedUp: true });
  const report = requireAssertion(signed, key, relyingParty);
  expect(report).toEqual({ counter: 1, backupEligible: true, backedUp: true });
  expect(await oracleAccepts(answer, key.publicKey)).toBe(true);
});

const flip = (bytes: Bytes) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);
const grown = (bytes: Bytes) => concat(bytes, Uint8Array.of(0));
const flag = (bit: number, more: string) => (bytes: Bytes) =>
  concat(bytes.with(32, bytes[32]! | bit), parseHex(more));

/** `stricter` marks what the library takes and we do not. */
const REFUSED: readonly [string, Tampering, RegExp, 'stricter'?][] = [
  ['another origin', { origin: 'http://evil.example' }, /not made on/],
  ['a sub-domain', { origin: 'http://a.localhost:4000' }, /not made on/],
  ['another port', { origin: 'http://localhost:4001' }, /not made on/],
  ['another scheme', { origin: 'https://localhost:4000' }, /not made on/],
  ['a trailing slash', { origin: `${ORIGIN}/` }, /not made on/],
  ['another rpID', { rpId: 'evil.example' }, /not made for localhost/],
  ['a registration', { type: 'webauthn.create' }, /another type/],
  ['another challenge', { challenge: base64url(new Uint8Array(32)) }, /another challenge/],
  ['a padded challenge', { challenge: `${options.challenge}=` }, /another challenge/],
  ['nobody present', { userPresent: false }, /nobody was present/],
  ['nobody verified', { userVerified: false }, /not verified/],
  ['a foreign frame', { crossOrigin: true }, /frame of another site/, 'stricter'],
  ['a foreign top page', { topOrigin: 'http://evil.example' }, /below a page/],
  ['a backup that cannot be', { backedUp: true }, /backup/],
  ['a flipped signature', { signature: flip }, /not of this passkey/],
  ['an empty signature', { signature: () => new Uint8Array() }, /not of this passkey/],
  ['a grown signature', { signature: grown }, /not of this passkey/, 'stricter'],
  ['short data', { authenticatorData: (bytes) => bytes.subarray(0, 36) }, /too short/],
  ['data one byte longer', { authenticatorData: grown }, /another length/],
  ['announced extensions without any', { authenticatorData: flag(0x80, '') }, /another length/],
  ['bytes behind the extensions', { authenticatorData: flag(0x80, 'a000') }, /another length/],
  ['extensions that are no map', { authenticatorData: flag(0x80, '00') }, /another length/],
  ['a new credential', { authenticatorData: flag(0x40, '') }, /no new credential/],
  [
    'client data with a mark',
    { clientDataJSON: (json) => `\ufeff${json}` },
    /JSON object/,
    'stricter',
  ],
  ['client data that is no JSON', { clientDataJSON: (json) => `${json},` }, /JSON object/],
  ['client data that is a list', { clientDataJSON: (json) => `[${json}]` }, /JSON object/],
  [
    'long client data',
    { clientDataJSON: (json) => json + ' '.repeat(4096) },
    /too long/,
    'stricter',
  ],
];

test.each(REFUSED)('an assertion with %s is refused', async (_, tampering, reason, stricter) => {
  const key = await passkey();
  const { answer, signed } = await sign(key, tampering);
  const check = () => requireAssertion(signed, key, relyingParty);
  expect(check).toThrow(reason);
  expect(check).toThrow(expect.objectContaining({ code: 'WEBAUTHN_REFUSED' }));
  expect(await oracleAccepts(answer, key.publicKey)).toBe(stricter === 'stricter');
});

test('another passkey, another statement and another encoding are refused', async () => {
  const key = await passkey();
  const other = await passkey();
  const eddsa = await passkey([-8]);
  const { signed } = await sign(key);
  const refuse = (change: Partial<SignedStatement>, publicKey = key.publicKey) =>
    expect(() =>
      requireAssertion({ ...signed, ...change }, { kind: 'passkey', publicKey }, relyingParty),
    );
  refuse({}, other.publicKey).toThrow(/not of this passkey/);
  refuse({}, eddsa.publicKey).toThrow(/not of this passkey/);
  const dearer = transferIntent({ ...PAYMENT, units: PAYMENT.units + 1n });
  refuse({ statement: canonicalText(dearer) }).toThrow(/another challenge/);
  refuse({ signature: `${signed.signature}=` }).toThrow(/signature is not base64url/);
  refuse({ authenticatorData: '+' }).toThrow(/authenticator data is not base64url/);
  refuse({ clientDataJSON: ' ' }).toThrow(/client data is not base64url/);
  refuse({}, key.publicKey.with(3, 0x38)).toThrow(/canonical form/);
});

test('client data that is not UTF-8 is refused', () => {
  const challenge = new Uint8Array(32);
  const expected = { type: 'webauthn.get', challenge, origin: ORIGIN } as const;
  const text = (rest: string) =>
    `{"type":"webauthn.get","challenge":"${base64url(challenge)}","origin":"${ORIGIN}","x":"${rest}`;
  requireClientData(utf8(text('"}')), expected);
  const broken = concat(utf8(text('')), Uint8Array.of(0xff), utf8('"}'));
  expect(() => requireClientData(broken, expected)).toThrow(/not a JSON object/);
});

test('well-formed extensions are taken', async () => {
  const key = await passkey();
  const authenticatorData = flag(0x80, 'a1686372656450726f7402');
  const { answer, signed } = await sign(key, { authenticatorData });
  expect(requireAssertion(signed, key, relyingParty).counter).toBe(1);
  expect(await oracleAccepts(answer, key.publicKey)).toBe(true);
});

test('the part that needs no key says what the signature covers', async () => {
  const { signed } = await sign(await passkey());
  const { message } = requireCeremony(signed, 'passkey', relyingParty);
  expect(message.subarray(0, 37)).toEqual(parseBase64url(signed.authenticatorData));
  expect(message).toHaveLength(69);
});

test.each(['localhost:4000', 'http://localhost:4000/', 'http://LOCALHOST', 'https://a.b:443', ''])(
  '%j is not an origin',
  (text) => {
    expect(() => relyingPartyOf(text)).toThrow(/origin/);
  },
);
