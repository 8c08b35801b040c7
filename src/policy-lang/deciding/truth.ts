/**
 * Three-valued logic of Kleene: a condition is false, missing or true. The codes are ordered, so
 * that `and` is the smaller, `or` the larger, and `not` the mirror; the order of operands cannot
 * matter.
 */
export type Truth = 0 | 1 | 2;

export const FALSE = 0;
export const MISSING = 1;
export const TRUE = 2;

export const not = (truth: Truth): Truth => (2 - truth) as Truth;
export const known = (holds: boolean): Truth => (holds ? TRUE : FALSE);
