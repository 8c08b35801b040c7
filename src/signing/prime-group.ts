/**
 * A group of prime order as a protocol sees it that runs on more than one curve: points, scalars and
 * their one spelling each. secp256k1 is the project's own kernel (`curve.ts`), Ed25519 is noble's. As
 * there, a product with a secret goes through `multiplyBase`, and the functions named `...Public` are
 * faster, leak their scalar through time, and take public data only.
 */
import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { invert } from '@noble/curves/abstract/modular.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Bytes } from '#core/bytes.ts';
import * as secp256k1 from './curve.ts';
import { hasPrimeOrder } from './ed25519-subgroup.ts';
import type { Random } from './kernel.ts';

/** A number modulo the group's order, always reduced. */
export type Scalar = bigint;

/** What all sums of this floor need of a group's elements. */
export type Element<P> = {
  add(other: P): P;
  negate(): P;
  equals(other: P): boolean;
  is0(): boolean;
};

export type PrimeGroup<P extends Element<P>> = {
  readonly name: 'ed25519' | 'secp256k1';
  /** q, the order of the group. */
  readonly order: bigint;
  /** The length of a point's encoding. A scalar's is `SCALAR_BYTES` on either curve. */
  readonly pointBytes: number;
  readonly identity: P;
  /** s G for a secret s. */
  multiplyBase(secret: Scalar): P;
  multiplyBasePublic(scalar: Scalar): P;
  multiplyPublic(point: P, scalar: Scalar): P;
  /** The sum of s_k P_k. */
  combinePublic(points: readonly P[], scalars: readonly Scalar[]): P;
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
  scalarOf(bytes: Bytes): Scalar;
};

export const SCALAR_BYTES = 32;

type Order = { readonly order: bigint };

export const reduce = ({ order }: Order, value: bigint): Scalar => {
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
  multiplyPublic: secp256k1.multiplyPublic,
  combinePublic: (points, scalars) =>
    secp256k1.sumPoints(
      points.map((point, at) => secp256k1.multiplyPublic(point, scalars[at] as Scalar)),
    ),
  encodePoint: secp256k1.encodePoint,
  decodePoint: secp256k1.decodePoint,
  readStoredPoint: (bytes) => secp256k1.decodePoint(bytes) as secp256k1.Point,
  encodeScalar: secp256k1.encodeScalar,
  decodeScalar: secp256k1.decodeScalar,
  scalarOf: (bytes) => secp256k1.mod(secp256k1.parseInteger(bytes)),
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
  multiplyPublic: (point, scalar) => point.multiplyUnsafe(scalar),
  combinePublic: (points, scalars) => mulAddUnsafe(Edwards, [...points], [...scalars]),
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
  scalarOf: (bytes) => reduce({ order: ED25519_ORDER }, littleEndian(bytes)),
};

/** Uniform in 1..q-1: 512 bits modulo q, whose bias is below 2^-255, and never zero. */
export function randomScalar<P extends Element<P>>(group: PrimeGroup<P>, random: Random): Scalar {
  for (;;) {
    const candidate = group.scalarOf(random(64));
    if (candidate !== 0n) return candidate;
  }
}

/** f(index), constant term first. */
export const evaluate = (group: Order, polynomial: readonly Scalar[], index: number): Scalar =>
  polynomial.reduceRight((sum, term) => reduce(group, sum * BigInt(index) + term), 0n);

/** f(index) for public coefficients in the exponent, constant term first. */
export const evaluatePublic = <P extends Element<P>>(
  group: PrimeGroup<P>,
  coefficients: readonly P[],
  index: number,
): P =>
  coefficients.reduceRight(
    (sum, coefficient) => group.multiplyPublic(sum, BigInt(index)).add(coefficient),
    group.identity,
  );

/** The coefficient of `index` when the set interpolates a polynomial at zero. All ids are public. */
export function coefficientAtZero(group: Order, index: number, set: readonly number[]): Scalar {
  let numerator = 1n;
  let denominator = 1n;
  for (const other of set) {
    if (other === index) continue;
    numerator = reduce(group, numerator * BigInt(other));
    denominator = reduce(group, denominator * BigInt(other - index));
  }
  return reduce(group, numerator * invert(denominator, group.order));
}

/** f(0) in the exponent from the values of a set: what the members' verifying shares must give. */
export const interpolatePublic = <P extends Element<P>>(
  group: PrimeGroup<P>,
  values: ReadonlyMap<number, P>,
): P =>
  [...values].reduce(
    (sum, [index, value]) =>
      sum.add(group.multiplyPublic(value, coefficientAtZero(group, index, [...values.keys()]))),
    group.identity,
  );
