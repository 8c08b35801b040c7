/**
 * The JSON that a browser makes of a passkey's answer, or a program of its key's, read strictly from
 * what a client sends.
 */
import { parseBase64url } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import type { CredentialKind, SignedStatement } from '#mandate/assertion.ts';
import { refuseUnless } from '#mandate/refusal.ts';

const FIELD_LENGTH_MAX = 16_384;
const PASSKEY = 'public-key';
const SERVICE_KEY = 'service-key';

type Fields = { readonly [field: string]: unknown };

/** An assertion without the statement that it was made over. */
export type AssertionResponse = Omit<SignedStatement, 'statement'> & {
  /** What it claims to be made with: the registered kind decides. */
  readonly kind: CredentialKind;
  /** The authenticator's copy of the user handle, base64url, where it sent one. */
  readonly userHandle?: string;
};

/**
 * Reads an AuthenticationResponseJSON, or `{ id, type: "service-key", response: { signature } }`.
 * @throws WEBAUTHN_REFUSED
 */
export function parseAssertionResponse(credential: unknown): AssertionResponse {
  const { id, type, response } = readCredential(credential, PASSKEY, SERVICE_KEY);
  if (type === SERVICE_KEY) {
    const signature = readText(response, 'signature');
    const bare = { authenticatorData: '', clientDataJSON: '' };
    return { kind: SERVICE_KEY, credentialId: id, ...bare, signature };
  }
  const userHandle = response['userHandle'];
  return {
    kind: 'passkey',
    credentialId: id,
    authenticatorData: readText(response, 'authenticatorData'),
    clientDataJSON: readText(response, 'clientDataJSON'),
    signature: readText(response, 'signature'),
    ...(userHandle === undefined || userHandle === null
      ? {}
      : { userHandle: readText(response, 'userHandle') }),
  };
}

export type AttestationResponse = {
  readonly credentialId: string;
  readonly clientDataJSON: string;
  readonly attestationObject: string;
};

/** Reads a RegistrationResponseJSON. @throws WEBAUTHN_REFUSED */
export function parseAttestationResponse(credential: unknown): AttestationResponse {
  const { id, response } = readCredential(credential, PASSKEY);
  return {
    credentialId: id,
    clientDataJSON: readText(response, 'clientDataJSON'),
    attestationObject: readText(response, 'attestationObject'),
  };
}

type Credential = { readonly id: string; readonly type: string; readonly response: Fields };

function readCredential(credential: unknown, ...types: readonly string[]): Credential {
  refuseUnless(isObject(credential), 'the credential is not an object');
  const id = readText(credential, 'id');
  const rawId = credential['rawId'] ?? id;
  refuseUnless(rawId === id, 'the credential has two ids');
  const type = credential['type'] ?? PASSKEY;
  const isKnown = typeof type === 'string' && types.includes(type);
  refuseUnless(isKnown, 'the credential is of another type');
  const response = credential['response'];
  refuseUnless(isObject(response), 'the credential has no response');
  return { id, type, response };
}

function readText(fields: Fields, field: string): string {
  const text = fields[field];
  const isText = typeof text === 'string' && text.length <= FIELD_LENGTH_MAX;
  refuseUnless(isText && isBase64url(text), `the ${field} is not base64url`);
  return text;
}

function isBase64url(text: string): boolean {
  try {
    parseBase64url(text);
    return true;
  } catch (error) {
    if (isPlatformError(error, 'INVALID_INPUT')) return false;
    throw error;
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
