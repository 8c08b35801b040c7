/**
 * The public key of a service account: an Ed25519 or P-256 key as a SubjectPublicKeyInfo (RFC 5280
 * section 4.1; RFC 8410 and RFC 5480), which `openssl pkey -pubout -outform DER` writes. Each key has
 * one encoding here. This file is safe in a browser.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import {
  type Bytes,
  base64url,
  concat,
  equalBytes,
  parseBase64url,
  parseHex,
} from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';

export type ServiceKey =
  | { readonly curve: 'Ed25519'; readonly x: Bytes }
  | { readonly curve: 'P-256'; readonly x: Bytes; readonly y: Bytes };

const ED25519_PREFIX = parseHex('302a300506032b6570032100');
const P256_PREFIX = parseHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const SIZE = 32;

/** The bytes that are registered and signed over. Coordinates are 32 bytes, big-endian for P-256. */
export const serviceKeyInfo = (key: ServiceKey): Bytes =>
  key.curve === 'Ed25519' ? concat(ED25519_PREFIX, key.x) : concat(P256_PREFIX, key.x, key.y);

/** Reads base64url. @throws INVALID_INPUT for anything but the one encoding of one of the two keys */
export function parseServiceKey(text: string, field = 'publicKey'): ServiceKey {
  const bytes = parseBase64url(text, field);
  const x = bytes.slice(ED25519_PREFIX.length);
  if (x.length === SIZE && equalBytes(bytes, concat(ED25519_PREFIX, x))) {
    return { curve: 'Ed25519', x };
  }
  const point = bytes.slice(P256_PREFIX.length);
  if (point.length === 2 * SIZE && equalBytes(bytes, concat(P256_PREFIX, point))) {
    return { curve: 'P-256', x: point.slice(0, SIZE), y: point.slice(SIZE) };
  }
  const reason = 'not an Ed25519 or uncompressed P-256 public key';
  throw invalidInput(field, reason, 'Send a DER SubjectPublicKeyInfo in base64url.');
}

/** How a signature names its key: SHA-256 of the SubjectPublicKeyInfo, base64url. */
export const serviceKeyId = (key: ServiceKey): string => base64url(sha256(serviceKeyInfo(key)));
