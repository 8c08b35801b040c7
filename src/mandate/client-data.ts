/**
 * The browser's part of a WebAuthn response: what was asked, by which page.
 * Web Authentication Level 3, sections 5.8.1, 7.1 (steps 5 to 12) and 7.2 (steps 9 to 16).
 */
import { type Bytes, base64url } from '#core/bytes.ts';
import { refuseUnless, refused } from './refusal.ts';

const CLIENT_DATA_BYTES_MAX = 4096;

export type ClientDataExpectation = {
  readonly type: 'webauthn.create' | 'webauthn.get';
  /** 32 bytes. */
  readonly challenge: Bytes;
  /** Scheme, host and port, compared as text. */
  readonly origin: string;
};

/**
 * Checks the bytes of `clientDataJSON`. A frame of another site (`crossOrigin`, `topOrigin`) is never
 * accepted: nobody sees there what he signs.
 * @throws WEBAUTHN_REFUSED
 */
export function requireClientData(json: Bytes, expected: ClientDataExpectation): void {
  refuseUnless(json.length <= CLIENT_DATA_BYTES_MAX, 'the client data is too long');
  const data = readObject(json);
  refuseUnless(data['type'] === expected.type, 'it is of another type');
  const challenge = base64url(expected.challenge);
  refuseUnless(data['challenge'] === challenge, 'it was made for another challenge');
  refuseUnless(data['origin'] === expected.origin, `it was not made on ${expected.origin}`);
  const own = data['crossOrigin'] === undefined || data['crossOrigin'] === false;
  refuseUnless(own, 'it was made in a frame of another site');
  refuseUnless(data['topOrigin'] === undefined, 'it was made below a page of another site');
}

function readObject(json: Bytes): { readonly [field: string]: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as { readonly [field: string]: unknown };
    }
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof SyntaxError)) throw error;
  }
  throw refused('the client data is not a JSON object');
}
