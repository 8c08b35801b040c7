import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { expect, test } from 'vitest';
import { base64url } from '#core/bytes.ts';
import { SoftwareAuthenticator } from './authenticator.ts';

const ORIGIN = 'https://wallet.example.com';
const challenge = base64url(new Uint8Array(32).fill(9));
const creation: PublicKeyCredentialCreationOptionsJSON = {
  rp: { id: 'example.com', name: 'Countersign' },
  user: { id: base64url(new Uint8Array(16)), name: 'alice', displayName: 'Alice' },
  challenge,
  pubKeyCredParams: [
    { alg: -7, type: 'public-key' },
    { alg: -8, type: 'public-key' },
  ],
};

const register = (authenticator: SoftwareAuthenticator) =>
  authenticator.create(creation).then((response) =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: ORIGIN,
      expectedRPID: 'example.com',
      supportedAlgorithmIDs: [-7, -8],
    }),
  );

test.each([
  ['ES256', [-7]],
  ['Ed25519', [-8]],
])('the library accepts its %s registration, and its logins in turn', async (_, algorithms) => {
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN, algorithms });
  const registered = await register(authenticator);
  expect(registered.verified).toBe(true);
  const credential = { ...registered.registrationInfo!.credential };
  expect(credential.counter).toBe(0);
  for (const counter of [1, 2]) {
    const login = await verifyAuthenticationResponse({
      response: await authenticator.get({ challenge, rpId: 'example.com' }),
      expectedChallenge: challenge,
      expectedOrigin: ORIGIN,
      expectedRPID: 'example.com',
      credential,
    });
    expect(login.verified).toBe(true);
    expect(login.authenticationInfo).toMatchObject({ newCounter: counter, userVerified: true });
    credential.counter = counter;
  }
});

test('a passkey that does not count reports zero for ever', async () => {
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN, counts: false });
  await register(authenticator);
  await authenticator.get({ challenge, rpId: 'example.com' });
  expect(authenticator.credentials.map(({ counter }) => counter)).toEqual([0]);
});

test('it behaves as a browser does: foreign rpID, excluded and unknown credentials', async () => {
  const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
  const request = { challenge, rpId: 'example.com' };
  await expect(authenticator.get(request)).rejects.toThrow(/no credential/);
  await register(authenticator);
  const [held] = authenticator.credentials;
  const excludeCredentials = [{ id: held!.id, type: 'public-key' as const }];
  await expect(authenticator.create({ ...creation, excludeCredentials })).rejects.toThrow(
    /exclude/,
  );
  const allowCredentials = [{ id: 'AAAA', type: 'public-key' as const }];
  await expect(authenticator.get({ ...request, allowCredentials })).rejects.toThrow(
    /no credential/,
  );
  await expect(authenticator.get({ challenge, rpId: 'bank.com' })).rejects.toThrow(/may not use/);
  const onlyRsa = [{ alg: -257, type: 'public-key' as const }];
  const unsupported = authenticator.create({ ...creation, pubKeyCredParams: onlyRsa });
  await expect(unsupported).rejects.toThrow(/no common algorithm/);
});

const threes = (size: number) => new Uint8Array(size).fill(3);

test('the same random bytes make the same passkey', async () => {
  const ids = await Promise.all(
    [1, 2].map(async () => {
      const authenticator = new SoftwareAuthenticator({ origin: ORIGIN, random: threes });
      return (await register(authenticator)).registrationInfo!.credential;
    }),
  );
  expect(ids[0]).toEqual(ids[1]);
});
