/**
 * A statement with a person's, or a service account's, signature over it, and its check. The gateway and every signer node
 * check it with this code; it keeps no state, so the counter and the uniqueness of a challenge are
 * the caller's. Web Authentication Level 3, section 7.2.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, concat, parseBase64url, utf8 } from '#core/bytes.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { type AuthenticatorReport, requireAssertionReport } from './authenticator-data.ts';
import { requireClientData } from './client-data.ts';
import { isSignedBy, parseCredentialKey } from './credential-key.ts';
import { refuseUnless, refused } from './refusal.ts';

/**
 * A passkey signs what its browser and its authenticator say about the moment, the challenge among
 * it. The key of a service account has neither, and signs the challenge itself: 32 bytes.
 */
export type CredentialKind = 'passkey' | 'service-key';

/** What is stored and shown to the nodes: plain strings. */
export type SignedStatement = {
  /** The canonical text that was signed. */
  readonly statement: string;
  /** The authenticator's own id of the passkey, or the id of a service account's key; base64url. */
  readonly credentialId: string;
  /** Empty for a service account's key, as is the next. */
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
};

/** `id` is the WebAuthn rpID, a host name; `origin` is scheme, host and port. */
export type RelyingParty = { readonly id: string; readonly origin: string };

/**
 * The rpID of an origin is its host: `http://localhost:4000` -> `localhost`.
 * @throws INVALID_INPUT when the text is not an origin as a browser prints it.
 */
export function relyingPartyOf(origin: string): RelyingParty {
  const url = URL.parse(origin);
  if (url?.origin === origin) return { id: url.hostname, origin };
  throw invalidInput('origin', 'not an origin', 'Write it like https://wallet.example.com.');
}

/**
 * Checks that the registered credential signed exactly this statement: a passkey on this relying
 * party's page, with the person present and verified. That the statement says what the caller expects
 * is the caller's to check, and so is whose key this is. The kind is the registered one, never what a
 * response claims.
 * @throws WEBAUTHN_REFUSED with the reason
 */
export function requireAssertion(
  signed: SignedStatement,
  credential: { readonly kind: CredentialKind; readonly publicKey: Bytes },
  relyingParty: RelyingParty,
): AuthenticatorReport {
  const { report, message } = requireCeremony(signed, credential.kind, relyingParty);
  const signature = bytesOf(signed.signature, 'signature');
  const genuine = isSignedBy(parseCredentialKey(credential.publicKey), message, signature);
  refuseUnless(genuine, `the signature is not of this ${NAMES[credential.kind]}`);
  return report;
}

const NAMES: Readonly<Record<CredentialKind, string>> = {
  passkey: 'passkey',
  'service-key': 'key',
};

/** A key counts nothing, and nothing is known of its copies. */
const KEY_REPORT: AuthenticatorReport = { counter: 0, backupEligible: false, backedUp: false };

/**
 * All of `requireAssertion` that needs no key: for a login, where the key is looked up afterwards.
 * `message` is what the signature covers.
 * @throws WEBAUTHN_REFUSED with the reason
 */
export function requireCeremony(
  signed: SignedStatement,
  kind: CredentialKind,
  relyingParty: RelyingParty,
): { readonly report: AuthenticatorReport; readonly message: Bytes } {
  if (kind === 'service-key') {
    const isBare = signed.authenticatorData === '' && signed.clientDataJSON === '';
    refuseUnless(isBare, 'it was not made with the key of a service account');
    return { report: KEY_REPORT, message: sha256(utf8(signed.statement)) };
  }
  const clientData = bytesOf(signed.clientDataJSON, 'client data');
  requireClientData(clientData, {
    type: 'webauthn.get',
    challenge: sha256(utf8(signed.statement)),
    origin: relyingParty.origin,
  });
  const authenticatorData = bytesOf(signed.authenticatorData, 'authenticator data');
  const report = requireAssertionReport(authenticatorData, relyingParty.id);
  return { report, message: concat(authenticatorData, sha256(clientData)) };
}

function bytesOf(text: string, what: string): Bytes {
  try {
    return parseBase64url(text);
  } catch (cause) {
    if (!isPlatformError(cause)) throw cause;
    throw refused(`the ${what} is not base64url`, { cause });
  }
}
