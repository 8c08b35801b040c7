/** Exact numbers of the reference interpreter: fractions of whole numbers, never rounded. */

/** `top / bottom`; `bottom` is positive, and the fraction need not be in lowest terms. */
export type Fraction = { readonly top: bigint; readonly bottom: bigint };

export const wholeNumber = (top: bigint): Fraction => ({ top, bottom: 1n });

/** `digits / 10^places`: a decimal with so many places after the point. */
export const decimal = (digits: bigint, places: number): Fraction => ({
  top: digits,
  bottom: BigInt(`1${'0'.repeat(places)}`),
});

export const plus = (left: Fraction, right: Fraction): Fraction => ({
  top: left.top * right.bottom + right.top * left.bottom,
  bottom: left.bottom * right.bottom,
});

export const times = (left: Fraction, right: Fraction): Fraction => ({
  top: left.top * right.top,
  bottom: left.bottom * right.bottom,
});

export const isLess = (left: Fraction, right: Fraction): boolean =>
  left.top * right.bottom < right.top * left.bottom;

export const larger = (left: Fraction, right: Fraction): Fraction =>
  isLess(left, right) ? right : left;

/** Whether `left SIGN right`. */
export function isOrdered(
  left: Fraction,
  sign: '>' | '>=' | '<' | '<=' | '=',
  right: Fraction,
): boolean {
  const isBelow = isLess(left, right);
  const isAbove = isLess(right, left);
  if (sign === '>') return isAbove;
  if (sign === '>=') return !isBelow;
  if (sign === '<') return isBelow;
  if (sign === '<=') return !isAbove;
  return !isAbove && !isBelow;
}
