/**
 * Encryption to one recipient's X25519 key: a fresh key pair for each message, X25519 (RFC 7748),
 * HKDF-SHA256 (RFC 5869) and AES-256-GCM. A box opens only with the recipient's secret and for what
 * it was made for; it says nothing about who made it.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { x25519 } from '@noble/curves/ed25519.js';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import type { Random } from '#signing/kernel.ts';

export const RECIPIENT_BYTES = 32;
const TAG_BYTES = 16;
/** The key encrypts once. */
const NONCE = new Uint8Array(12);

const keyOf = (shared: Bytes, ephemeral: Bytes, recipient: Bytes): Bytes =>
  new Uint8Array(
    hkdfSync('sha256', shared, concat(ephemeral, recipient), utf8('countersign/sealed-box/v1'), 32),
  );

/** The public half of a recipient's secret, 32 bytes each. */
export const recipientOf = (secret: Bytes): Bytes => x25519.getPublicKey(secret);

/**
 * `ephemeral 32 | ciphertext | tag 16`. `purpose` is bound to the box and not in it.
 * @throws Error when the recipient's key is of small order
 */
export function sealTo(recipient: Bytes, purpose: Bytes, plain: Bytes, random: Random): Bytes {
  const secret = random(RECIPIENT_BYTES);
  const ephemeral = x25519.getPublicKey(secret);
  const key = keyOf(x25519.getSharedSecret(secret, recipient), ephemeral, recipient);
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  cipher.setAAD(purpose);
  return concat(ephemeral, cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** The content, or undefined when the box is damaged, for another recipient or for another purpose. */
export function openSealed(secret: Bytes, purpose: Bytes, box: Bytes): Bytes | undefined {
  if (box.length < RECIPIENT_BYTES + TAG_BYTES) return undefined;
  const ephemeral = box.subarray(0, RECIPIENT_BYTES);
  const body = box.subarray(RECIPIENT_BYTES, box.length - TAG_BYTES);
  try {
    const shared = x25519.getSharedSecret(secret, ephemeral);
    const cipher = createDecipheriv(
      'aes-256-gcm',
      keyOf(shared, ephemeral, recipientOf(secret)),
      NONCE,
    );
    cipher.setAAD(purpose);
    cipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
    return concat(cipher.update(body), cipher.final());
  } catch {
    // A point of small order, or a tag that does not fit.
    return undefined;
  }
}
