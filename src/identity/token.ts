/** One-time and bearer tokens: 32 random bytes in base64url. Only their hash is ever stored. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';

export const TOKEN_BYTES = 32;

/** A new token, and the hash under which it is stored. `entropy` is 32 random bytes. */
export function freshToken(entropy: Bytes): { readonly token: string; readonly hash: Bytes } {
  if (entropy.length !== TOKEN_BYTES) throw new RangeError('a token takes 32 random bytes');
  return { token: base64url(entropy), hash: sha256(entropy) };
}

/**
 * The hash under which a token is stored, or `undefined` for a text that no token has. One token has
 * one spelling. Looking a hash up by an index tells nothing: who sends a token cannot steer its hash.
 */
export function tokenHash(token: string): Bytes | undefined {
  try {
    return sha256(parseBase64url(token));
  } catch (error) {
    if (isPlatformError(error, 'INVALID_INPUT')) return undefined;
    throw error;
  }
}

/** Whether two secrets are the same text; the time does not depend on where they differ. */
export const isSameSecret = (sent: string, own: string): boolean =>
  timingSafeEqual(sha256(sent), sha256(own));

const sha256 = (input: Bytes | string): Bytes =>
  new Uint8Array(createHash('sha256').update(input).digest());
