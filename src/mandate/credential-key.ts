/**
 * A registered public key (COSE_Key, RFC 9052 section 7) and the check of a signature. Two kinds are
 * known: ES256 (P-256) and EdDSA (Ed25519). CTAP2 prescribes one canonical encoding of each, so the
 * parser takes exactly those bytes.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, concat, equalBytes, parseHex } from '#core/bytes.ts';
import { invalidInput, isPlatformError } from '#core/errors.ts';
import { parseEcdsaSignature } from './ecdsa-signature.ts';
import { refused } from './refusal.ts';
import type { ServiceKey } from './service-key.ts';
import { isEd25519Signed, isEs256Signed, p256Key } from './verified-signature.ts';

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
    requireP256(key);
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
  return key.algorithm === ES256
    ? isEcdsaSigned(key, message, signature)
    : isEd25519Signed(key.x, message, signature);
}

function isEcdsaSigned(
  key: CredentialKey & { algorithm: typeof ES256 },
  message: Bytes,
  signature: Bytes,
): boolean {
  const compact = parseEcdsaSignature(signature);
  if (compact === undefined) return false;
  requireP256(key);
  return isEs256Signed(concat(key.x, key.y), message, compact);
}

function requireP256({ x, y }: { readonly x: Bytes; readonly y: Bytes }): void {
  try {
    p256Key(concat(x, y));
  } catch (cause) {
    throw refused('the public key is not a point of P-256', { cause });
  }
}
