import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, base64url, concat, parseBase64url, parseHex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { SoftwareAuthenticator, coseKeyOf } from '#testing/authenticator.ts';
import { relyingPartyOf, requireAssertion } from './assertion.ts';
import { credentialKeyOf, requireUsableKey } from './credential-key.ts';
import { formatEcdsaSignature, parseEcdsaSignature } from './ecdsa-signature.ts';
import { PAYMENT } from './fixtures.ts';
import { transferIntent } from './intent.ts';
import { parseServiceKey, serviceKeyId, serviceKeyInfo } from './service-key.ts';
import { challengeOf, optionsFor } from './statement.ts';

const intent = transferIntent(PAYMENT);
const relyingParty = relyingPartyOf('http://localhost:4000');

function pairOf(curve: string) {
  return curve === 'Ed25519'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** A key as Node makes it, and a statement that it signed. */
function signedBy(curve: string, statement = intent) {
  const { publicKey, privateKey } = pairOf(curve);
  const info = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const key = parseServiceKey(base64url(info));
  const algorithm = curve === 'Ed25519' ? null : 'sha256';
  const signature = base64url(sign(algorithm, challengeOf(statement), privateKey));
  const bare = { authenticatorData: '', clientDataJSON: '' };
  const signed = {
    statement: canonicalText(statement),
    credentialId: serviceKeyId(key),
    ...bare,
    signature,
  };
  return { info, key, signed, registered: registered(credentialKeyOf(key)) };
}

const registered = (publicKey: Bytes) => ({ kind: 'service-key', publicKey }) as const;

test.each(['Ed25519', 'P-256'])(
  'a key of %s that Node made is read, written again, and its signature passes',
  (curve) => {
    const { info, key, signed, registered: credential } = signedBy(curve);
    expect(serviceKeyInfo(key)).toEqual(info);
    expect(() => requireUsableKey(key)).not.toThrow();
    expect(requireAssertion(signed, credential, relyingParty)).toMatchObject({ counter: 0 });
  },
);

test.each(['Ed25519', 'P-256'])(
  'a signature by %s is refused over another statement, by another key, or with one bit changed',
  (curve) => {
    const { signed, registered: credential } = signedBy(curve);
    const refused = (change: Partial<typeof signed>, by = credential) =>
      expect(() => requireAssertion({ ...signed, ...change }, by, relyingParty)).toThrow(
        expect.objectContaining({ code: 'WEBAUTHN_REFUSED' }),
      );
    const bytes = parseBase64url(signed.signature);
    refused({ statement: canonicalText(transferIntent({ ...PAYMENT, memo: 'another' })) });
    refused({}, signedBy(curve).registered);
    refused({ signature: base64url(bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)) });
    refused({ signature: base64url(concat(bytes, Uint8Array.of(0))) });
    refused({ signature: '' });
    refused({ authenticatorData: 'AAAA' });
    refused({ clientDataJSON: 'e30' });
  },
);

test("a passkey's answer is refused for a service account's key, and the reverse", async () => {
  const authenticator = new SoftwareAuthenticator({ origin: relyingParty.origin });
  await authenticator.create({
    rp: { id: relyingParty.id, name: 'Countersign' },
    user: { id: 'dXNlcg', name: 'alice', displayName: 'Alice' },
    challenge: base64url(new Uint8Array(32)),
    pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
  });
  const publicKey = coseKeyOf(authenticator.credentials[0]!);
  const { id, response } = await authenticator.get(optionsFor({ rpId: relyingParty.id }, intent));
  const answer = { statement: canonicalText(intent), credentialId: id, ...response };
  expect(() =>
    requireAssertion(answer, { kind: 'passkey', publicKey }, relyingParty),
  ).not.toThrow();
  expect(() => requireAssertion(answer, registered(publicKey), relyingParty)).toThrow(/refused/);
  const { signed, registered: credential } = signedBy('P-256');
  const asPasskey = { ...credential, kind: 'passkey' } as const;
  expect(() => requireAssertion(signed, asPasskey, relyingParty)).toThrow(/refused/);
});

const x25519 = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' });
const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const info = signedBy('Ed25519').info;

test.each<[string, Bytes]>([
  ['an X25519 key', new Uint8Array(x25519)],
  ['a secp256k1 key', new Uint8Array(secp256k1.publicKey.export({ type: 'spki', format: 'der' }))],
  ['an RSA key', new Uint8Array(rsa.publicKey.export({ type: 'spki', format: 'der' }))],
  ['a raw point', info.slice(12)],
  ['one byte more', concat(info, Uint8Array.of(0))],
  ['one byte less', info.slice(0, -1)],
  [
    'a compressed P-256 point',
    concat(parseHex('3039301306072a8648ce3d020106082a8648ce3d030107032200'), new Uint8Array(33)),
  ],
  ['nothing', new Uint8Array()],
])('%s is no key of a service account', (_, bytes) => {
  expect(() => parseServiceKey(base64url(bytes))).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }),
  );
});

test.each<[string, Parameters<typeof requireUsableKey>[0]]>([
  ['the identity of Ed25519', { curve: 'Ed25519', x: new Uint8Array(32).with(0, 1) }],
  ['a point of small order', { curve: 'Ed25519', x: new Uint8Array(32) }],
  ['bytes that are no point', { curve: 'Ed25519', x: new Uint8Array(32).fill(0xff) }],
  ['a point beside P-256', { curve: 'P-256', x: new Uint8Array(32), y: new Uint8Array(32) }],
])('%s cannot be registered: everybody could sign with it, or nobody', (_, key) => {
  expect(() => requireUsableKey(key)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});

test('the DER form of an ECDSA signature is read back to the same numbers', () => {
  const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(bytes, (compact) => {
      expect(parseEcdsaSignature(formatEcdsaSignature(compact))).toEqual(compact);
    }),
  );
  const zeros = new Uint8Array(64);
  expect(parseEcdsaSignature(formatEcdsaSignature(zeros))).toEqual(zeros);
});

test('Node reads the key that is written', () => {
  const { key } = signedBy('P-256');
  const read = createPublicKey({
    key: Buffer.from(serviceKeyInfo(key)),
    format: 'der',
    type: 'spki',
  });
  expect(read.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
});
