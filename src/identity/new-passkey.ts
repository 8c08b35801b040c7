/** A passkey that is being made: what the browser is asked for, and what it answers. */
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { base64url, parseBase64url } from '#core/bytes.ts';
import { relyingPartyOf } from '#mandate/assertion.ts';
import type { CeremonyStatement } from '#mandate/ceremony.ts';
import { requireClientData } from '#mandate/client-data.ts';
import { ALGORITHMS, parseCredentialKey } from '#mandate/credential-key.ts';
import { refuseUnless, refused } from '#mandate/refusal.ts';
import { challengeOf } from '#mandate/statement.ts';
import type { Tx } from '#persistence/database.ts';
import { activeCredentials, type UserRow } from '#persistence/identity.ts';
import { CEREMONY_LIFETIME_MS } from './ceremony.ts';
import type { AttestationResponse } from './passkey-response.ts';
import type { IdentityServices } from './services.ts';
import { userHandle } from './user-handle.ts';

const CREDENTIAL_ID_BYTES_MAX = 1023;

/** PublicKeyCredentialCreationOptionsJSON without its challenge. */
export type RegistrationOptions = {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[];
  readonly excludeCredentials: readonly { readonly type: 'public-key'; readonly id: string }[];
  readonly authenticatorSelection: {
    readonly residentKey: 'required';
    readonly requireResidentKey: true;
    readonly userVerification: 'required';
  };
  readonly attestation: 'none';
  readonly timeout: number;
};

/** An authenticator that has a passkey of this user already is asked for no other. */
export async function passkeyOptions(
  services: IdentityServices,
  tx: Tx,
  user: UserRow,
): Promise<RegistrationOptions> {
  const credentials = await activeCredentials(tx, user.id);
  return {
    rp: { id: relyingPartyOf(services.origin).id, name: 'Countersign' },
    user: { id: userHandle(user.id), name: user.email ?? user.name, displayName: user.name },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: credentials.map(({ externalId: id }) => ({ type: 'public-key', id })),
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    },
    attestation: 'none',
    timeout: CEREMONY_LIFETIME_MS,
  };
}

export type Passkey = {
  readonly externalId: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly backupEligible: boolean;
};

/**
 * The library reads the attestation. It leaves out whether a foreign frame asked, and whether the
 * id beside the attestation is the attested one; these are checked here.
 * @throws WEBAUTHN_REFUSED
 */
export async function requirePasskey(
  services: IdentityServices,
  statement: CeremonyStatement,
  response: AttestationResponse,
): Promise<Passkey> {
  const { credentialId: id, clientDataJSON, attestationObject } = response;
  const challenge = challengeOf(statement);
  requireClientData(parseBase64url(clientDataJSON), {
    type: 'webauthn.create',
    challenge,
    origin: services.origin,
  });
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON, attestationObject },
    },
    expectedChallenge: base64url(challenge),
    expectedOrigin: services.origin,
    expectedRPID: relyingPartyOf(services.origin).id,
    requireUserVerification: true,
    supportedAlgorithmIDs: [...ALGORITHMS],
  }).catch((cause: unknown) => {
    throw refused('the attestation is not valid', { cause });
  });
  refuseUnless(verified, 'the attestation is not valid');
  const { credential, credentialDeviceType } = registrationInfo;
  refuseUnless(credential.id === id, 'the attestation is of another passkey');
  const isShort = parseBase64url(id).length <= CREDENTIAL_ID_BYTES_MAX;
  refuseUnless(isShort, 'the id of the passkey is too long');
  parseCredentialKey(credential.publicKey);
  return {
    externalId: id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    backupEligible: credentialDeviceType === 'multiDevice',
  };
}
