/**
 * The ciphersuites of FROST (RFC 9591 section 6): a group, five hash functions, and how a signature is
 * spelled and verified. `TAPROOT` is the suite of BIP-340 signatures (FROST(secp256k1, SHA-256-TR), as
 * the ZF FROST project names it): its hashes are those of section 6.5 under a name of its own, its
 * challenge is BIP-340's, and its keys and nonces stand for the point with an even y.
 */
import { createPublicKey, hash, verify } from 'node:crypto';
import { secp256k1_hasher } from '@noble/curves/secp256k1.js';
import { type Bytes, base64url, concat, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { challenge340, hasEvenY, verify340, xOnly } from '#signing/bip340.ts';
import type { Point } from '#signing/curve.ts';
import {
  type Element,
  ED25519,
  type EdwardsPoint,
  type PrimeGroup,
  SECP256K1,
  type Scalar,
} from '#signing/prime-group.ts';

/** The schemes of keys that FROST signs under. */
export const FROST_SCHEMES = ['frost-ed25519', 'frost-secp256k1'] as const;
export type FrostScheme = (typeof FROST_SCHEMES)[number];

export type Suite<P extends Element<P>> = {
  /** The RFC's contextString, which separates every hash from those of other suites. */
  readonly context: string;
  readonly group: PrimeGroup<P>;
  /** H1: a binding factor. */
  bindingFactor(input: Bytes): Scalar;
  /** H3: a nonce, from 32 random bytes and the share. */
  nonce(input: Bytes): Scalar;
  /** H4 */
  hashMessage(message: Bytes): Bytes;
  /** H5 */
  hashCommitments(list: Bytes): Bytes;
  /** H2 of the nonce's point, the key and the message. */
  challenge(nonce: P, publicKey: P, message: Bytes): Scalar;
  /** Whether verifiers know this point by its negative: odd points where only x is published. */
  isMirrored(point: P): boolean;
  encodeSignature(nonce: P, response: Scalar): Bytes;
  verify(publicKey: P, message: Bytes, signature: Bytes): boolean;
};

const sha512 = (...parts: readonly Bytes[]): Bytes =>
  Uint8Array.from(hash('sha512', concat(...parts), 'buffer'));

/**
 * RFC 8032 section 5.1.7 in its cofactorless form, through OpenSSL: s below the order and R compared
 * byte for byte. What it accepts every cofactored verifier accepts as well (ZIP-215, batches).
 * @param publicKey 32 bytes
 */
export function verifyEd25519(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) };
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature);
}

const ED25519_CONTEXT = 'FROST-ED25519-SHA512-v1';
const ed25519Hash =
  (tag: string) =>
  (input: Bytes): Bytes =>
    sha512(utf8(ED25519_CONTEXT + tag), input);

/** Section 6.1: signatures of RFC 8032. */
export const FROST_ED25519: Suite<EdwardsPoint> = {
  context: ED25519_CONTEXT,
  group: ED25519,
  bindingFactor: (input) => ED25519.scalarOf(ed25519Hash('rho')(input)),
  nonce: (input) => ED25519.scalarOf(ed25519Hash('nonce')(input)),
  hashMessage: ed25519Hash('msg'),
  hashCommitments: ed25519Hash('com'),
  challenge: (nonce, publicKey, message) =>
    ED25519.scalarOf(sha512(ED25519.encodePoint(nonce), ED25519.encodePoint(publicKey), message)),
  isMirrored: () => false,
  encodeSignature: (nonce, response) =>
    concat(ED25519.encodePoint(nonce), ED25519.encodeScalar(response)),
  verify: (publicKey, message, signature) =>
    verifyEd25519(ED25519.encodePoint(publicKey), message, signature),
};

/** `hash_to_field` of RFC 9380 with expand_message_xmd, as section 6.5 has it. */
export const toScalar = (context: string, tag: string, input: Bytes): Scalar =>
  secp256k1_hasher.hashToScalar(input, { DST: utf8(context + tag) });

/** The hashes of section 6.5 under any contextString. */
export const secp256k1Hashes = (context: string) => ({
  context,
  group: SECP256K1,
  bindingFactor: (input: Bytes) => toScalar(context, 'rho', input),
  nonce: (input: Bytes) => toScalar(context, 'nonce', input),
  hashMessage: (message: Bytes) => sha256(concat(utf8(`${context}msg`), message)),
  hashCommitments: (list: Bytes) => sha256(concat(utf8(`${context}com`), list)),
});

const TAPROOT_CONTEXT = 'FROST-secp256k1-SHA256-TR-v1';

/** Signatures of BIP-340. */
export const FROST_TAPROOT: Suite<Point> = {
  ...secp256k1Hashes(TAPROOT_CONTEXT),
  challenge: (nonce, publicKey, message) => challenge340(xOnly(nonce), xOnly(publicKey), message),
  isMirrored: (point) => !hasEvenY(point),
  encodeSignature: (nonce, response) => concat(xOnly(nonce), SECP256K1.encodeScalar(response)),
  verify: (publicKey, message, signature) => verify340(xOnly(publicKey), message, signature),
};
