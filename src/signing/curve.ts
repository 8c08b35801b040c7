/**
 * secp256k1 as the protocols see it: the one place that multiplies points. A product with a secret
 * goes through `multiplyBase` or `multiply`, which run noble's constant-time algorithm (JavaScript's
 * big integers themselves are not constant-time); the functions named `...Public` are faster, leak
 * their scalar through time, and take public data only.
 */
import { normalizeZ } from '@noble/curves/abstract/curve.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Bytes } from '#core/bytes.ts';
import type { Random } from './kernel.ts';

const Curve = secp256k1.Point;

export type Point = typeof Curve.BASE;
/** A number modulo the group's order, always reduced: 0 <= s < ORDER. */
export type Scalar = bigint;

/** q, the order of the group. */
export const ORDER = Curve.Fn.ORDER;
export const IDENTITY: Point = Curve.ZERO;
export const POINT_BYTES = 33;
export const SCALAR_BYTES = 32;

export function mod(value: bigint): Scalar {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** The inverse modulo q in variable time. @throws Error for zero */
export const invertPublic = (value: Scalar): Scalar => Curve.Fn.inv(value);

/** Uniform in 1..q-1, by rejection. */
export function randomScalar(random: Random): Scalar {
  for (;;) {
    const candidate = parseInteger(random(SCALAR_BYTES));
    if (candidate > 0n && candidate < ORDER) return candidate;
  }
}

/** s G for a secret s. */
export const multiplyBase = (secret: Scalar): Point =>
  secret === 0n ? IDENTITY : Curve.BASE.multiply(secret);

/** s P for a secret s. */
export const multiply = (point: Point, secret: Scalar): Point =>
  secret === 0n || point.is0() ? IDENTITY : point.multiply(secret);

/**
 * The same point with a table behind it: worth its price for a few dozen secret multiplications of
 * one point. Still constant-time.
 */
export const withTable = (point: Point): Point =>
  Curve.fromAffine(point.toAffine()).precompute(6, false);

export const multiplyBasePublic = (scalar: Scalar): Point => Curve.BASE.multiplyUnsafe(scalar);

export const multiplyPublic = (point: Point, scalar: Scalar): Point => point.multiplyUnsafe(scalar);

export const sumPoints = (points: Iterable<Point>): Point => {
  let sum = IDENTITY;
  for (const point of points) sum = sum.add(point);
  return sum;
};

/** 33 bytes, compressed (SEC 1 section 2.3.3). The identity, which no message carries, is 33 zeros. */
export const encodePoint = (point: Point): Bytes =>
  point.is0() ? new Uint8Array(POINT_BYTES) : point.toBytes(true);

/** Many points with one field inversion; each as `encodePoint`. */
export const encodePoints = (points: readonly Point[]): readonly Bytes[] =>
  normalizeZ(Curve, [...points]).map(encodePoint);

/** The point, or undefined: only 33 canonical bytes of a point on the curve that is not the identity. */
export function decodePoint(bytes: Bytes): Point | undefined {
  if (bytes.length !== POINT_BYTES) return undefined;
  try {
    return Curve.fromBytes(bytes);
  } catch {
    // noble says no by throwing: a wrong prefix, x >= p, or an x without a point.
    return undefined;
  }
}

/** 32 bytes, big-endian. */
export function encodeScalar(scalar: Scalar): Bytes {
  return Uint8Array.from(Buffer.from(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex'));
}

/** The integer that bytes spell, big-endian. */
export function parseInteger(bytes: Bytes): bigint {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 0 ? 0n : BigInt(`0x${view.toString('hex')}`);
}

/** The scalar, or undefined: exactly 32 bytes, 0 < s < q. An honest party sends no zero. */
export function decodeScalar(bytes: Bytes): Scalar | undefined {
  if (bytes.length !== SCALAR_BYTES) return undefined;
  const scalar = parseInteger(bytes);
  return scalar > 0n && scalar < ORDER ? scalar : undefined;
}

/** The coefficient of `index` when the set interpolates a polynomial at zero. All ids are public. */
export function lagrange(index: number, set: readonly number[]): Scalar {
  let numerator = 1n;
  let denominator = 1n;
  for (const other of set) {
    if (other === index) continue;
    numerator = mod(numerator * BigInt(other));
    denominator = mod(denominator * BigInt(other - index));
  }
  return mod(numerator * invertPublic(denominator));
}

/** f(index) for public coefficients in the exponent, constant term first. */
export function evaluateInExponent(coefficients: readonly Point[], index: number): Point {
  return coefficients.reduceRight(
    (sum, coefficient) => multiplyPublic(sum, BigInt(index)).add(coefficient),
    IDENTITY,
  );
}

/** f(index), constant term first. */
export function evaluatePolynomial(coefficients: readonly Scalar[], index: number): Scalar {
  return coefficients.reduceRight((sum, term) => mod(sum * BigInt(index) + term), 0n);
}

/** Whether r, s (32 bytes each) sign the digest under the key, with s in the lower half. */
export function verifyEcdsa(r: Bytes, s: Bytes, digest: Bytes, publicKey: Bytes): boolean {
  const signature = new Uint8Array(2 * SCALAR_BYTES);
  signature.set(r);
  signature.set(s, SCALAR_BYTES);
  return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true });
}
