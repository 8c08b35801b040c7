/**
 * Schnorr signatures on secp256k1 as BIP-340 defines them: tagged hashes, keys of 32 bytes that stand
 * for the point with an even y, and verification. Everything here is public.
 */
import { type Bytes, concat, equalBytes, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import {
  ORDER,
  type Point,
  type Scalar,
  decodePoint,
  encodePoint,
  mod,
  multiplyBasePublic,
  multiplyPublic,
  parseInteger,
} from './curve.ts';

/** Bytes of an x-only public key. */
const X_ONLY_BYTES = 32;
const SIGNATURE_BYTES = 64;

const EVEN = 0x02;

const prefixes = new Map<string, Bytes>();

/** SHA-256(SHA-256(tag) || SHA-256(tag) || parts). */
export function taggedHash(tag: string, ...parts: readonly Bytes[]): Bytes {
  let prefix = prefixes.get(tag);
  if (prefix === undefined) {
    const once = sha256(utf8(tag));
    prefix = concat(once, once);
    prefixes.set(tag, prefix);
  }
  return sha256(concat(prefix, ...parts));
}

export const hasEvenY = (point: Point): boolean => encodePoint(point)[0] === EVEN;

/** bytes(P): the x-coordinate, 32 bytes. */
export const xOnly = (point: Point): Bytes => encodePoint(point).slice(1);

/** lift_x: the point with this x-coordinate and an even y, or undefined where there is none. */
export const liftX = (bytes: Bytes): Point | undefined =>
  bytes.length === X_ONLY_BYTES ? decodePoint(concat(Uint8Array.of(EVEN), bytes)) : undefined;

/** e, from the x-coordinates of the nonce and of the key, 32 bytes each. */
export const challenge340 = (nonce: Bytes, publicKey: Bytes, message: Bytes): Scalar =>
  mod(parseInteger(taggedHash('BIP0340/challenge', nonce, publicKey, message)));

/**
 * BIP-340 Verify, for a message of any length.
 * @param publicKey 32 bytes, x-only
 */
export function verify340(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const key = liftX(publicKey);
  if (key === undefined || signature.length !== SIGNATURE_BYTES) return false;
  const [r, s] = [signature.subarray(0, 32), parseInteger(signature.subarray(32))];
  // An r >= p is no x-coordinate of a point, so the last comparison refuses it.
  if (s >= ORDER) return false;
  const e = challenge340(r, publicKey, message);
  const nonce = multiplyBasePublic(s).add(multiplyPublic(key, e).negate());
  // The identity has neither parity.
  return hasEvenY(nonce) && equalBytes(xOnly(nonce), r);
}
