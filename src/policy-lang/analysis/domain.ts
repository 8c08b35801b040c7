/**
 * What a variable can still be: one of some values, any but some, or a whole number between bounds.
 * Sets of values are open: there is always another address, asset or text that nobody named.
 */
import type { Comparison } from './formula.ts';

export type Domain =
  | { readonly kind: 'in' | 'out'; readonly values: ReadonlySet<string> }
  /** Both bounds belong to it. */
  | { readonly kind: 'range'; readonly low?: bigint; readonly high?: bigint };

/** Where a comparison holds. */
export function domainOf(comparison: Comparison): Domain {
  switch (comparison.kind) {
    case 'in':
      return comparison;
    case 'at least':
      return { kind: 'range', low: comparison.limit };
    default:
      return { kind: 'range', high: comparison.limit };
  }
}

/** Where a comparison does not hold. */
export function outsideOf(comparison: Comparison): Domain {
  switch (comparison.kind) {
    case 'in':
      return { kind: 'out', values: comparison.values };
    case 'at least':
      return { kind: 'range', high: comparison.limit - 1n };
    default:
      return { kind: 'range', low: comparison.limit + 1n };
  }
}

/** Undefined: nothing is left. */
export function intersect(left: Domain, right: Domain): Domain | undefined {
  if (left.kind === 'range' && right.kind === 'range') {
    const low = largest(left.low, right.low);
    const high = smallest(left.high, right.high);
    if (low !== undefined && high !== undefined && low > high) return undefined;
    return range(low, high);
  }
  if (left.kind === 'range' || right.kind === 'range') throw twoKinds();
  if (left === right) return left;
  if (left.kind === 'out' && right.kind === 'out') {
    if (isWithin(right, left)) return right;
    if (isWithin(left, right)) return left;
    return { kind: 'out', values: new Set([...left.values, ...right.values]) };
  }
  const [inside, other] = left.kind === 'in' ? [left, right] : [right, left];
  const values = [...inside.values].filter((value) => contains(other, value));
  if (values.length === inside.values.size) return inside;
  return values.length === 0 ? undefined : { kind: 'in', values: new Set(values) };
}

const contains = ({ kind, values }: Exclude<Domain, { kind: 'range' }>, value: string): boolean =>
  values.has(value) === (kind === 'in');

/** Whether everything that `inner` can be lies in `outer`. */
export function isWithin(inner: Domain, outer: Domain): boolean {
  if (inner.kind === 'range' && outer.kind === 'range') {
    const above = outer.low === undefined || (inner.low !== undefined && inner.low >= outer.low);
    const below =
      outer.high === undefined || (inner.high !== undefined && inner.high <= outer.high);
    return above && below;
  }
  if (inner.kind === 'range' || outer.kind === 'range') throw twoKinds();
  if (inner.values === outer.values) return inner.kind === outer.kind;
  if (inner.kind === 'in') return every(inner.values, (value) => contains(outer, value));
  return outer.kind === 'out' && every(outer.values, (value) => inner.values.has(value));
}

/** Whether nothing lies in both. */
export function isApart(left: Domain, right: Domain): boolean {
  if (left.kind === 'range' && right.kind === 'range') {
    return isBelow(left, right) || isBelow(right, left);
  }
  if (left.kind === 'range' || right.kind === 'range') throw twoKinds();
  if (left.kind === 'out' && right.kind === 'out') return false;
  if (left.kind === 'out') return isApart(right, left);
  if (right.kind === 'in' && right.values.size < left.values.size) {
    return every(right.values, (value) => !left.values.has(value));
  }
  return every(left.values, (value) => !contains(right, value));
}

const twoKinds = (): Error => new Error('a variable is a number and a value at once');

type Range = Extract<Domain, { kind: 'range' }>;

const isBelow = (left: Range, right: Range): boolean =>
  left.high !== undefined && right.low !== undefined && left.high < right.low;

/** Bounds that are absent stay absent. */
export const range = (low: bigint | undefined, high: bigint | undefined): Range => ({
  kind: 'range',
  ...(low !== undefined && { low }),
  ...(high !== undefined && { high }),
});

function largest(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left > right ? left : right;
}

function smallest(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}

function every(values: ReadonlySet<string>, holds: (value: string) => boolean): boolean {
  for (const value of values) if (!holds(value)) return false;
  return true;
}
