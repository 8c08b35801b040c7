/**
 * Taproot output keys (BIP-341): an internal key that commits to a tree of scripts, or to none. What
 * is spent by key path is signed under the output key.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { hasEvenY, taggedHash, xOnly } from './bip340.ts';
import { ORDER, type Point, type Scalar, multiplyBasePublic, parseInteger } from './curve.ts';

/** No tree at all: an output that only its key can spend (BIP-86). */
export const NO_SCRIPTS: Bytes = new Uint8Array(0);

const ROOT_BYTES = 32;

/**
 * t of `taproot_tweak_pubkey`: what is added to the internal key with the even y.
 * @param merkleRoot 32 bytes, or `NO_SCRIPTS`
 * @throws INVALID_INPUT for a root of another length, and for the one internal key in 2^128 whose tweak
 *   is not below q
 */
export function tapTweak(internalKey: Point, merkleRoot: Bytes): Scalar {
  if (merkleRoot.length !== 0 && merkleRoot.length !== ROOT_BYTES) {
    throw invalidInput('merkleRoot', 'of another length', `Give ${ROOT_BYTES} bytes or none.`);
  }
  return requireTweak(taggedHash('TapTweak', xOnly(internalKey), merkleRoot));
}

/** @throws INVALID_INPUT for a hash that is not below q: BIP-341 does not reduce it */
export function requireTweak(hash: Bytes): Scalar {
  const tweak = parseInteger(hash);
  if (tweak >= ORDER) throw invalidInput('publicKey', 'it has no output key', 'Use another key.');
  return tweak;
}

/**
 * The output key of an internal key whose y may be odd: what BIP-341 does with its x-only form.
 * @returns the key as 32 bytes, and the scriptPubKey (OP_1, 32 bytes)
 * @throws INVALID_INPUT as `tapTweak`
 */
export function taprootOutput(
  internalKey: Point,
  merkleRoot: Bytes = NO_SCRIPTS,
): { readonly publicKey: Bytes; readonly script: Bytes } {
  const even = hasEvenY(internalKey) ? internalKey : internalKey.negate();
  const publicKey = xOnly(even.add(multiplyBasePublic(tapTweak(internalKey, merkleRoot))));
  return { publicKey, script: concat(Uint8Array.of(0x51, 0x20), publicKey) };
}
