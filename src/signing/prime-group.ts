/**
 * A group of prime order as a protocol sees it that runs on more than one curve: points, scalars and
 * their one spelling each. secp256k1 is the project's own kernel (`curve.ts`), Ed25519 is noble's. As
 * there, a product with a secret goes through `multiplyBase`, and the functions named `...Public` are
 * faster, leak their scalar through time, and take public data only.
 */
import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Bytes } from '#core/bytes.ts';
import * as secp256k1 from './curve.ts';
import { hasPrimeOrder } from './ed25519-subgroup.ts';
import type { Random } from './kernel.ts';

/** A number modulo the group's order, always reduced. */
export type Scalar = bigint;

export type PrimeGroup<P> = {
  readonly name: 'ed25519' | 'secp256k1';
  /** q, the order of the group. */
  readonly order: bigint;
  /** The length of a point's encoding. A scalar's is `SCALAR_BYTES` on either curve. */
  readonly pointBytes: number;
  readonly identity: P;
  /** s G for a secret s. */
  multiplyBase(secret: Scalar): P;
  multiplyBasePublic(scalar: Scalar): P;
  /** The sum of s_k P_k. */
  combinePublic(points: readonly P[], scalars: readonly Scalar[]): P;
  add(left: P, right: P): P;
  negate(point: P): P;
  equals(left: P, right: P): boolean;
  encodePoint(point: P): Bytes;
  /** The point, or undefined: only its canonical spelling, of prime order and not the identity. */
  decodePoint(bytes: Bytes): P | undefined;
  /** A point that this party encoded and stored itself, which costs less: its order is not checked. */
  readStoredPoint(bytes: Bytes): P;
  /** `SCALAR_BYTES` in the curve's byte order. */
  encodeScalar(scalar: Scalar): Bytes;
  /** The scalar, or undefined: exactly `SCALAR_BYTES` and 0 < s < q. */
  decodeScalar(bytes: Bytes): Scalar | undefined;
  /** The integer that bytes spell in the curve's byte order, modulo q. */
  reduce(bytes: Bytes): Scalar;
};

export const SCALAR_BYTES = 32;

export const modulo = (value: bigint, order: bigint): Scalar => {
  const rest = value % order;
  return rest < 0n ? rest + order : rest;
};

export const SECP256K1: PrimeGroup<secp256k1.Point> = {
  name: 'secp256k1',
  order: secp256k1.ORDER,
  pointBytes: secp256k1.POINT_BYTES,
  identity: secp256k1.IDENTITY,
  multiplyBase: secp256k1.multiplyBase,
  multiplyBasePublic: secp256k1.multiplyBasePublic,
  combinePublic: (points, scalars) =>
    secp256k1.sumPoints(
      points.map((point, at) => secp256k1.multiplyPublic(point, scalars[at] as Scalar)),
    ),
  add: (left, right) => left.add(right),
  negate: (point) => point.negate(),
  equals: (left, right) => left.equals(right),
  encodePoint: secp256k1.encodePoint,
  decodePoint: secp256k1.decodePoint,
  readStoredPoint: (bytes) => secp256k1.decodePoint(bytes) as secp256k1.Point,
  encodeScalar: secp256k1.encodeScalar,
  decodeScalar: secp256k1.decodeScalar,
  reduce: (bytes) => secp256k1.mod(secp256k1.parseInteger(bytes)),
};

const Edwards = ed25519.Point;
export type EdwardsPoint = typeof Edwards.BASE;

const ED25519_ORDER = Edwards.Fn.ORDER;
const ED25519_POINT_BYTES = 32;

const littleEndian = (bytes: Bytes): bigint => secp256k1.parseInteger(bytes.toReversed());

export const ED25519: PrimeGroup<EdwardsPoint> = {
  name: 'ed25519',
  order: ED25519_ORDER,
  pointBytes: ED25519_POINT_BYTES,
  identity: Edwards.ZERO,
  multiplyBase: (secret) => (secret === 0n ? Edwards.ZERO : Edwards.BASE.multiply(secret)),
  multiplyBasePublic: (scalar) => Edwards.BASE.multiplyUnsafe(scalar),
  combinePublic: (points, scalars) => mulAddUnsafe(Edwards, [...points], [...scalars]),
  add: (left, right) => left.add(right),
  negate: (point) => point.negate(),
  equals: (left, right) => left.equals(right),
  encodePoint: (point) => point.toBytes(),
  decodePoint(bytes) {
    if (bytes.length !== ED25519_POINT_BYTES) return undefined;
    try {
      const point = Edwards.fromBytes(bytes);
      return hasPrimeOrder(point) ? point : undefined;
    } catch {
      // noble says no by throwing: y >= p, a y without a point, or the sign of x = 0.
      return undefined;
    }
  },
  readStoredPoint: (bytes) => Edwards.fromBytes(bytes),
  encodeScalar: (scalar) => secp256k1.encodeScalar(scalar).toReversed(),
  decodeScalar(bytes) {
    if (bytes.length !== SCALAR_BYTES) return undefined;
    const scalar = littleEndian(bytes);
    return scalar > 0n && scalar < ED25519_ORDER ? scalar : undefined;
  },
  reduce: (bytes) => modulo(littleEndian(bytes), ED25519_ORDER),
};

/** Uniform in 1..q-1: 512 bits modulo q, whose bias is below 2^-255, and never zero. */
export function randomScalar<P>(group: PrimeGroup<P>, random: Random): Scalar {
  for (;;) {
    const candidate = group.reduce(random(64));
    if (candidate !== 0n) return candidate;
  }
}

/** f(index), constant term first. */
export const evaluate = <P>(
  group: PrimeGroup<P>,
  coefficients: readonly Scalar[],
  index: number,
): Scalar =>
  coefficients.reduceRight((sum, term) => modulo(sum * BigInt(index) + term, group.order), 0n);

/** f(index) for public coefficients in the exponent, constant term first, at least one. */
export const evaluateInExponent = <P>(
  group: PrimeGroup<P>,
  coefficients: readonly P[],
  index: number,
): P =>
  coefficients.reduceRight((sum, coefficient) =>
    group.add(group.combinePublic([sum], [BigInt(index)]), coefficient),
  );

/** b^-1 modulo a prime in variable time (the extended Euclidean algorithm), for public values. */
function invertPublic(value: bigint, order: bigint): Scalar {
  let [previous, rest] = [order, modulo(value, order)];
  let [before, factor] = [0n, 1n];
  while (rest > 1n) {
    const quotient = previous / rest;
    [previous, rest] = [rest, previous - quotient * rest];
    [before, factor] = [factor, before - quotient * factor];
  }
  if (rest === 0n) throw new RangeError('zero has no inverse');
  return modulo(factor, order);
}

/** The coefficient of `index` when the set interpolates a polynomial at zero. All ids are public. */
export function lagrange<P>(group: PrimeGroup<P>, index: number, set: readonly number[]): Scalar {
  let numerator = 1n;
  let denominator = 1n;
  for (const other of set) {
    if (other === index) continue;
    numerator *= BigInt(other);
    denominator *= BigInt(other - index);
  }
  return modulo(numerator * invertPublic(denominator, group.order), group.order);
}

export const isIdentity = <P>(group: PrimeGroup<P>, point: P): boolean =>
  group.equals(point, group.identity);
