/**
 * secp256k1 as the protocols see it: the one place that multiplies points. A product with a secret
 * goes through `multiplyBase` or `multiply`, whose time does not depend on the scalar; the functions
 * named `...Public` leak their scalar through time and take public data only. The arithmetic of points
 * is libsecp256k1's or noble's (`group.ts`); scalars are big integers, which are not constant-time.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import { GROUP } from './group.ts';
import type { Random } from './kernel.ts';

/** A number modulo the group's order, always reduced: 0 <= s < ORDER. */
export type Scalar = bigint;

/** q, the order of the group. */
export const ORDER = secp256k1.Point.Fn.ORDER;
export const POINT_BYTES = 33;
export const SCALAR_BYTES = 32;

/** A point of the group. It is kept as bytes, so that sending, hashing and comparing cost nothing. */
export class Point {
  /** 65 bytes, uncompressed (SEC 1 section 2.3.3); 65 zeros for the identity. */
  readonly bytes: Bytes;

  /** @param bytes of a point on the curve: `decodePoint` is the way in for anybody else's */
  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  is0(): boolean {
    return this.bytes[0] === 0;
  }

  equals(other: Point): boolean {
    return equalBytes(this.bytes, other.bytes);
  }

  add(other: Point): Point {
    return sumPoints([this, other]);
  }

  negate(): Point {
    return this.is0() ? this : new Point(GROUP.negate(this.bytes));
  }
}

export const IDENTITY = new Point(new Uint8Array(65));

export function mod(value: bigint): Scalar {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** The inverse modulo q in variable time. @throws Error for zero */
export const invertPublic = (value: Scalar): Scalar => secp256k1.Point.Fn.inv(value);

/** Uniform in 1..q-1, by rejection. */
export function randomScalar(random: Random): Scalar {
  for (;;) {
    const candidate = parseInteger(random(SCALAR_BYTES));
    if (candidate > 0n && candidate < ORDER) return candidate;
  }
}

/** Takes 32 random bytes to blind the products with G that follow in this thread. */
export const blindProducts = (random: Random): void => GROUP.blind(random(SCALAR_BYTES));

/** s G for a secret s. */
export const multiplyBase = (secret: Scalar): Point =>
  secret === 0n ? IDENTITY : new Point(GROUP.multiplyBase(encodeScalar(secret)));

/** s P for a secret s. */
export const multiply = (point: Point, secret: Scalar): Point =>
  secret === 0n || point.is0()
    ? IDENTITY
    : new Point(GROUP.multiply(point.bytes, encodeScalar(secret)));

/** s G for a public s: nothing would be gained by leaking it. */
export const multiplyBasePublic = multiplyBase;

export const multiplyPublic = (point: Point, scalar: Scalar): Point =>
  scalar === 0n || point.is0()
    ? IDENTITY
    : new Point(GROUP.multiplyPublic(point.bytes, encodeScalar(scalar)));

export function sumPoints(points: Iterable<Point>): Point {
  const terms = [...points].filter((point) => !point.is0()).map((point) => point.bytes);
  const sum = terms.length === 0 ? undefined : GROUP.add(terms);
  return sum === undefined ? IDENTITY : new Point(sum);
}

/** 33 bytes, compressed (SEC 1 section 2.3.3). The identity, which no message carries, is 33 zeros. */
export function encodePoint(point: Point): Bytes {
  const bytes = point.bytes.slice(0, POINT_BYTES);
  if (!point.is0()) bytes[0] = 2 | ((point.bytes.at(-1) as number) & 1);
  return bytes;
}

/** Each as `encodePoint`. */
export const encodePoints = (points: readonly Point[]): readonly Bytes[] => points.map(encodePoint);

/** The point, or undefined: only 33 canonical bytes of a point on the curve that is not the identity. */
export function decodePoint(bytes: Bytes): Point | undefined {
  const point = bytes.length === POINT_BYTES ? GROUP.decompress(bytes) : undefined;
  return point === undefined ? undefined : new Point(point);
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
export const verifyEcdsa = (r: Bytes, s: Bytes, digest: Bytes, publicKey: Bytes): boolean =>
  decodeScalar(r) !== undefined &&
  decodeScalar(s) !== undefined &&
  decodePoint(publicKey) !== undefined &&
  GROUP.verify(concat(r, s), digest, publicKey);
