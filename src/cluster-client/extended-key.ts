/**
 * The extended public key of a key that the nodes made (BIP-32): it shows every address below the key.
 * The workflow, which may not reach into the signing floor, asks here.
 */
import type { Scheme } from '#core/scheme.ts';
import { xpub } from '#signing/derivation.ts';
import type { MadeKey } from './key-request.ts';

/**
 * Base58check, or undefined for a scheme whose keys have no children.
 * @throws INVALID_INPUT for a path that is none, or has a hardened step
 */
export const extendedKey = (
  scheme: Scheme,
  { publicKey, chainCode }: MadeKey,
  path: string,
): string | undefined =>
  scheme === 'frost-ed25519' ? undefined : xpub(publicKey, chainCode, path);
