/**
 * A registered public key (COSE_Key, RFC 9052 section 7) and the check of a signature. Two kinds are
 * known: ES256 (P-256) and EdDSA (Ed25519). CTAP2 prescribes one canonical encoding of each, so the
 * parser takes exactly those bytes.
 */
import { createPublicKey, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, base64url, concat, equalBytes, parseHex } from '#core/bytes.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { parseEcdsaSignature } from './ecdsa-signature.ts';
import { refused } from './refusal.ts';
import type { ServiceKey } from './service-key.ts';

/** COSE algorithm identifiers (RFC 9053). */
export const ES256 = -7;
export const EDDSA = -8;
/** In the order in which a new passkey should choose. */
export const ALGORITHMS = [ES256, EDDSA] as const;

export type CredentialKey =
  | { readonly algorithm: typeof ES256; readonly x: Bytes; readonly y: Bytes }
  | { readonly algorithm: typeof EDDSA; readonly x: Bytes };

/** `{1: 2, 3: -7, -1: 1, -2: x, -3: y}` with 32-byte strings. */
const ES256_PREFIX = parseHex('a5010203262001215820');
const ES256_MIDDLE = parseHex('225820');
/** `{1: 1, 3: -8, -1: 6, -2: x}` with a 32-byte string. */
const EDDSA_PREFIX = parseHex('a4010103272006215820');

/** The COSE_Key of a service account's key, which is stored as a passkey's is. */
export const credentialKeyOf = (key: ServiceKey): Bytes =>
  key.curve === 'Ed25519'
    ? concat(EDDSA_PREFIX, key.x)
    : concat(ES256_PREFIX, key.x, ES256_MIDDLE, key.y);

/** @throws INVALID_INPUT for a point that is not on its curve, or of small order */
export function requireUsableKey(key: ServiceKey): void {
  const isUsable =
    key.curve === 'Ed25519' ? isEd25519Point(key.x) : isP256Point({ x: key.x, y: key.y });
  if (isUsable) return;
  throw invalidInput('publicKey', 'not a point of its curve', 'Send the key as it was made.');
}

function isEd25519Point(x: Bytes): boolean {
  try {
    return !ed25519.Point.fromBytes(x).isSmallOrder();
  } catch {
    // The question is answered: the bytes are no point.
    return false;
  }
}

function isP256Point(key: { readonly x: Bytes; readonly y: Bytes }): boolean {
  try {
    importP256(key);
    return true;
  } catch (error) {
    if (isPlatformError(error, 'WEBAUTHN_REFUSED')) return false;
    throw error;
  }
}

/** @throws WEBAUTHN_REFUSED when the bytes are not one of the two keys in canonical form. */
export function parseCredentialKey(cose: Bytes): CredentialKey {
  const x = cose.slice(10, 42);
  const y = cose.slice(45, 77);
  if (equalBytes(cose, concat(ES256_PREFIX, x, ES256_MIDDLE, y)) && y.length === 32) {
    return { algorithm: ES256, x, y };
  }
  if (equalBytes(cose, concat(EDDSA_PREFIX, x)) && x.length === 32) return { algorithm: EDDSA, x };
  throw refused('the public key is neither ES256 nor Ed25519 in canonical form');
}

/** Whether the key made this signature over these bytes. @throws WEBAUTHN_REFUSED for a bad key */
export function isSignedBy(key: CredentialKey, message: Bytes, signature: Bytes): boolean {
  if (key.algorithm === ES256) return isEcdsaSigned(key, message, signature);
  // Strict RFC 8032: the library's default also takes keys of small order, under which one
  // signature holds for many messages.
  return signature.length === 64 && ed25519.verify(signature, message, key.x, { zip215: false });
}

function isEcdsaSigned(
  key: CredentialKey & { algorithm: typeof ES256 },
  message: Bytes,
  signature: Bytes,
): boolean {
  const compact = parseEcdsaSignature(signature);
  if (compact === undefined) return false;
  const publicKey = importP256(key);
  return verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, compact);
}

function importP256(key: { readonly x: Bytes; readonly y: Bytes }) {
  const jwk = { kty: 'EC', crv: 'P-256', x: base64url(key.x), y: base64url(key.y) };
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw refused('the public key is not a point of P-256', { cause });
  }
}
