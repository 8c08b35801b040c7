/**
 * A node's long-term keys: Ed25519 to sign what it says to other nodes (RFC 8032), X25519 to agree on
 * the keys that encrypt it (RFC 7748). They live sealed; the public halves are the committee's.
 */
import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  sign as signBytes,
  verify as verifyBytes,
  generateKeyPairSync,
} from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, base64url, concat, parseBase64url } from '#core/bytes.ts';
import { canonicalBytes } from '#core/canonical.ts';

export type Curve25519 = 'Ed25519' | 'X25519';

/** A private key and its public half, 32 bytes. */
export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: Bytes };

export type NodeIdentity = { readonly signing: KeyPair; readonly encryption: KeyPair };

type Jwk = { readonly x: string; readonly d: string };

export function newKeyPair(curve: Curve25519): KeyPair {
  const { privateKey } =
    curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  const { x } = privateKey.export({ format: 'jwk' }) as Jwk;
  return { privateKey, publicKey: parseBase64url(x) };
}

export const newIdentity = (): NodeIdentity => ({
  signing: newKeyPair('Ed25519'),
  encryption: newKeyPair('X25519'),
});

/** The private half alone, 32 bytes. */
export const secretOf = ({ privateKey }: KeyPair): Bytes =>
  parseBase64url((privateKey.export({ format: 'jwk' }) as Jwk).d);

/** 128 bytes: private and public of the signing key, then of the encryption key. */
export function encodeIdentity({ signing, encryption }: NodeIdentity): Bytes {
  const halves = [signing, encryption].flatMap(({ privateKey }) => {
    const { d, x } = privateKey.export({ format: 'jwk' }) as Jwk;
    return [parseBase64url(d), parseBase64url(x)];
  });
  return concat(...halves);
}

/** @throws TypeError when there are not 128 bytes. */
export function decodeIdentity(bytes: Bytes): NodeIdentity {
  if (bytes.length !== 128) throw new TypeError('an identity has 128 bytes');
  const pair = (curve: Curve25519, at: number): KeyPair => {
    const publicKey = bytes.slice(at + 32, at + 64);
    const d = base64url(bytes.subarray(at, at + 32));
    const jwk = { kty: 'OKP', crv: curve, d, x: base64url(publicKey) };
    return { privateKey: createPrivateKey({ key: jwk, format: 'jwk' }), publicKey };
  };
  return { signing: pair('Ed25519', 0), encryption: pair('X25519', 64) };
}

export const publicKeyOf = (curve: Curve25519, bytes: Bytes): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: curve, x: base64url(bytes) }, format: 'jwk' });

/**
 * 32 bytes that only this node knows and nothing else shows: a deterministic signature over words that
 * it signs for nobody, hashed (RFC 8937 section 3).
 */
export const hedgeOf = ({ signing }: Pick<NodeIdentity, 'signing'>): Bytes =>
  sha256(signWith(signing, canonicalBytes({ domain: 'countersign/hedge/v1' })));

/** 64 bytes. */
export const signWith = (pair: KeyPair, message: Bytes): Bytes =>
  new Uint8Array(signBytes(null, message, pair.privateKey));

export const isSignedBy = (publicKey: KeyObject, message: Bytes, signature: Bytes): boolean =>
  verifyBytes(null, message, publicKey, signature);

/**
 * The X25519 shared secret, 32 bytes.
 * @throws Error when the peer's point is of small order, so that the secret would be zero.
 */
export const agree = (own: KeyPair, peer: Bytes): Bytes =>
  new Uint8Array(
    diffieHellman({ privateKey: own.privateKey, publicKey: publicKeyOf('X25519', peer) }),
  );
