/**
 * Whether a point of edwards25519 has prime order, three times faster than by multiplying it with the
 * order. Public points only: the time depends on the point.
 *
 * The curve's points are Z/8 x Z/q, so that a point lies in the subgroup of order q when it is eight
 * times another. On the Montgomery form v^2 = u (u^2 + A u + 1) (RFC 7748 section 4.1):
 * - P is twice another point when u(P) is a square, because (0, 0) is the only point of order two;
 * - halving it is a chain of the two 2-isogenies backwards, with a square root for each;
 * - a half Q is four times another point when its reduced Tate pairing with the point of order four is
 *   one. That point is T = (1, m), m^2 = A + 2, its function is (v - m u)^2 / u, and p - 1 has the
 *   factor four.
 * D. Koshelev, "Subgroup membership testing on elliptic curves via the Tate pairing", IACR eprint
 * 2022/037, has the pairing; halving first, where p - 1 lacks a factor of the cofactor, is the
 * divide-and-pair method of IACR eprint 2026/749.
 */
import { ed25519 } from '@noble/curves/ed25519.js';

type EdwardsPoint = typeof ed25519.Point.BASE;

const P = 2n ** 255n - 19n;
/** Of the Montgomery form. */
const A = 486_662n;

const times = (left: bigint, right: bigint): bigint => (left * right) % P;

function squarings(value: bigint, count: number): bigint {
  let result = value;
  for (let i = 0; i < count; i++) result = (result * result) % P;
  return result;
}

/** x^((p-5)/8) = x^(2^252 - 3): what every root and character below is made of. */
function chain(x: bigint): bigint {
  const x2 = times(squarings(x, 1), x);
  const x4 = times(squarings(x2, 2), x2);
  const x5 = times(squarings(x4, 1), x);
  const x10 = times(squarings(x5, 5), x5);
  const x20 = times(squarings(x10, 10), x10);
  const x40 = times(squarings(x20, 20), x20);
  const x80 = times(squarings(x40, 40), x40);
  const x160 = times(squarings(x80, 80), x80);
  const x240 = times(squarings(x160, 80), x80);
  const x250 = times(squarings(x240, 10), x10);
  return times(squarings(x250, 2), x);
}

/** A square root of -1: 2 is no square modulo p, so that 2^((p-1)/4) is none of 1 and -1. */
const I = times(squarings(chain(2n), 1), 2n);

/** One of x and its multiples with `I`, for which there is a square root with this square. */
const rootWith = (candidate: bigint, square: bigint): bigint | undefined => {
  const got = squarings(candidate, 1);
  if (got === square) return candidate;
  return got === P - square ? times(candidate, I) : undefined;
};

const squareRoot = (square: bigint, power: bigint): bigint | undefined =>
  rootWith(times(square, power), square);

const rootOf = (square: bigint): bigint => squareRoot(square, chain(square)) as bigint;

/** m: T = (1, m) has order four, because the tangent there meets (0, 0). */
const M = rootOf(A + 2n);
/** v = C u / x leads from Edwards to Montgomery coordinates. */
const C = rootOf(P - (A + 2n));
/** The product of the two candidates for X below, which is no square. */
const PRODUCT = A * A - 4n;
const PRODUCT_POWER = times(PRODUCT, chain(PRODUCT));
const HALF = (P + 1n) / 2n;

/** Whether q times the point is the identity and the point is not. */
export function hasPrimeOrder(point: EdwardsPoint): boolean {
  const { x, y } = point.toAffine();
  // The identity and the point of order two.
  if (x === 0n) return false;
  const inverse = ed25519.Point.Fp.inv(times(x, P + 1n - y));
  const u = times(times(inverse, x), 1n + y);
  const w = squareRoot(u, chain(u));
  if (w === undefined) return false;

  // The image X of a half of P on the isogenous curve: one of two numbers, of which one is a square.
  const quotient = times(times(times(inverse, P + 1n - y), C), w);
  const first = (A + 2n * u + 2n * quotient) % P;
  const power = chain(first);
  let [X, s] = [first, squareRoot(first, power)];
  if (s === undefined) {
    X = (A + 2n * u + 2n * (P - quotient)) % P;
    const cube = times(squarings(first, 1), first);
    const seventh = times(squarings(times(squarings(power, 1), power), 1), power);
    s = rootWith(times(times(PRODUCT_POWER, cube), seventh), X) as bigint;
  }
  // Q = (half, s half), and the quartic character of its function.
  const half = (times(X + P - A, HALF) + w * s) % P;
  const value = times(half, squarings(s + P - M, 1));
  return times(squarings(chain(value), 1), value) === 1n;
}
