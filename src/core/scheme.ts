/** The signature schemes: what kind of key it is, and which protocol signs with it. */
import { invalidInput } from './errors.ts';

/** ECDSA on secp256k1 (DKLs23); Schnorr on edwards25519 and on secp256k1, BIP-340 (FROST). */
export const SCHEMES = ['ecdsa-secp256k1', 'frost-ed25519', 'frost-secp256k1'] as const;

export type Scheme = (typeof SCHEMES)[number];

/** @throws INVALID_INPUT when the text names no scheme. */
export function parseScheme(text: string, field = 'scheme'): Scheme {
  const scheme = SCHEMES.find((known) => known === text);
  if (scheme !== undefined) return scheme;
  throw invalidInput(field, 'names no signature scheme', `one of ${SCHEMES.join(', ')}`);
}
