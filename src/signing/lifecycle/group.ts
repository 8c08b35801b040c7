/**
 * The groups whose keys have a life cycle, as secret sharing sees them: a prime-order group with one
 * encoding of each element. The protocols of this folder run over any of them.
 */
import { invert } from '@noble/curves/abstract/modular.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { type Bytes, equalBytes } from '#core/bytes.ts';
import {
  IDENTITY,
  ORDER,
  POINT_BYTES,
  type Point,
  SCALAR_BYTES,
  type Scalar,
  decodePoint,
  decodeScalar,
  encodePoint,
  encodeScalar,
  multiplyBase,
  multiplyPublic,
} from '#signing/curve.ts';
import type { Random } from '#signing/kernel.ts';
import type { Field } from '#signing/wire.ts';

/** What the sums of this folder need of a group's elements. */
export type Element<P> = { add(other: P): P; equals(other: P): boolean; is0(): boolean };

export type Group<P extends Element<P>> = {
  readonly name: 'secp256k1' | 'ed25519';
  /** The prime order; scalars are 0 <= s < order. */
  readonly order: bigint;
  readonly identity: P;
  readonly elementBytes: number;
  /** s G for a secret s. */
  multiplyBase(secret: Scalar): P;
  /** s P for public s and P. */
  multiplyPublic(element: P, scalar: Scalar): P;
  /** An element that is not the identity. */
  encode(element: P): Bytes;
  /** Exactly what `encode` makes of an element that is not the identity, or undefined. */
  decode(bytes: Bytes): P | undefined;
  /** 32 bytes. */
  encodeScalar(scalar: Scalar): Bytes;
  /** 0 < s < order from exactly 32 bytes, or undefined. */
  decodeScalar(bytes: Bytes): Scalar | undefined;
};

export const SECP256K1: Group<Point> = {
  name: 'secp256k1',
  order: ORDER,
  identity: IDENTITY,
  elementBytes: POINT_BYTES,
  multiplyBase,
  multiplyPublic,
  encode: encodePoint,
  decode: decodePoint,
  encodeScalar,
  decodeScalar,
};

const Edwards = ed25519.Point;
export type EdwardsPoint = typeof Edwards.BASE;
const L = Edwards.Fn.ORDER;
const EDWARDS_BYTES = 32;

/** RFC 8032 encodings, little-endian; elements of the prime-order subgroup only. */
export const ED25519: Group<EdwardsPoint> = {
  name: 'ed25519',
  order: L,
  identity: Edwards.ZERO,
  elementBytes: EDWARDS_BYTES,
  multiplyBase: (secret) => (secret === 0n ? Edwards.ZERO : Edwards.BASE.multiply(secret)),
  multiplyPublic: (element, scalar) => element.multiplyUnsafe(scalar),
  encode: (element) => element.toBytes(),
  decode(bytes) {
    if (bytes.length !== EDWARDS_BYTES) return undefined;
    try {
      // Strict, not ZIP 215: y < p, and no "-0".
      const element = Edwards.fromBytes(bytes, false);
      return element.is0() || !element.isTorsionFree() ? undefined : element;
    } catch {
      // noble says no by throwing: a y without a point, or not reduced.
      return undefined;
    }
  },
  encodeScalar: (scalar) => numberToBytesLE(scalar, SCALAR_BYTES),
  decodeScalar(bytes) {
    if (bytes.length !== SCALAR_BYTES) return undefined;
    const scalar = bytesToNumberLE(bytes);
    return scalar > 0n && scalar < L ? scalar : undefined;
  },
};

export const reduce = ({ order }: { readonly order: bigint }, value: bigint): Scalar => {
  const rest = value % order;
  return rest < 0n ? rest + order : rest;
};

/** Uniform in 1..order-1, by rejection; the top bits above the order's length are dropped first. */
export function randomScalarOf<P extends Element<P>>(group: Group<P>, random: Random): Scalar {
  const bits = BigInt(group.order.toString(2).length);
  for (;;) {
    const candidate = bytesToNumberLE(random(SCALAR_BYTES)) & ((1n << bits) - 1n);
    if (candidate > 0n && candidate < group.order) return candidate;
  }
}

/** The coefficient of `index` when the set interpolates a polynomial at zero. All ids are public. */
export function coefficientAtZero(
  group: { readonly order: bigint },
  index: number,
  set: readonly number[],
): Scalar {
  let numerator = 1n;
  let denominator = 1n;
  for (const other of set) {
    if (other === index) continue;
    numerator = reduce(group, numerator * BigInt(other));
    denominator = reduce(group, denominator * BigInt(other - index));
  }
  return reduce(group, numerator * invert(denominator, group.order));
}

/** f(index), constant term first. */
export const evaluate = (
  group: { readonly order: bigint },
  polynomial: readonly Scalar[],
  index: number,
): Scalar => polynomial.reduceRight((sum, term) => reduce(group, sum * BigInt(index) + term), 0n);

/** f(index) for public coefficients in the exponent, constant term first. */
export const evaluatePublic = <P extends Element<P>>(
  group: Group<P>,
  coefficients: readonly P[],
  index: number,
): P =>
  coefficients.reduceRight(
    (sum, coefficient) => group.multiplyPublic(sum, BigInt(index)).add(coefficient),
    group.identity,
  );

/** f(0) in the exponent from the values of a set: what the members' verifying shares must give. */
export const interpolatePublic = <P extends Element<P>>(
  group: Group<P>,
  values: ReadonlyMap<number, P>,
): P =>
  [...values].reduce(
    (sum, [index, value]) =>
      sum.add(group.multiplyPublic(value, coefficientAtZero(group, index, [...values.keys()]))),
    group.identity,
  );

export const pointsOf = <P extends Element<P>>(
  group: Group<P>,
  count: number,
): Field<readonly P[]> => ({
  element: 'point',
  size: count * group.elementBytes,
  write: (value) => Buffer.concat(value.map((one) => group.encode(one))),
  read(bytes) {
    const list: P[] = [];
    for (let at = 0; at < bytes.length; at += group.elementBytes) {
      const one = group.decode(bytes.subarray(at, at + group.elementBytes));
      if (one === undefined) return undefined;
      list.push(one);
    }
    return list;
  },
});

/** Zeros stand for the identity, which has no other spelling. */
export const pointOrIdentityOf = <P extends Element<P>>(group: Group<P>): Field<P> => ({
  element: 'bytes',
  size: group.elementBytes,
  write: (value) => (value.is0() ? new Uint8Array(group.elementBytes) : group.encode(value)),
  read: (bytes) =>
    equalBytes(bytes, new Uint8Array(group.elementBytes)) ? group.identity : group.decode(bytes),
});

/** Zeros stand for no share. */
export const shareOrNothingOf = <P extends Element<P>>(group: Group<P>): Field<Scalar> => ({
  element: 'bytes',
  size: SCALAR_BYTES,
  write: (value) => group.encodeScalar(value),
  read: (bytes) =>
    equalBytes(bytes, new Uint8Array(SCALAR_BYTES)) ? 0n : group.decodeScalar(bytes),
});
