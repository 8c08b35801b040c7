/**
 * Values of money as small whole numbers, so that comparing one with many limits takes no big
 * integers. Two steps make a minor unit of the currency (a cent): an even number of steps is so many
 * cents exactly, an odd one lies between two cents. Limits are in whole cents, so a value stands
 * to each of them exactly as its steps do, whatever its other digits are.
 */
import { FIAT_DECIMALS } from '#core/money.ts';
import { optional } from '#policy-lang/optional.ts';
import type { Order } from '#policy-lang/checking/condition.ts';
import { type Exact, powerOfTen } from './exact.ts';

/** Twice this, and one more, are whole numbers that a double holds. */
const CENTS_MAX = 2n ** 52n - 2n;

/** Of every value that is too large to be counted: above whatever a limit can be. */
export const STEPS_MAX = Number.MAX_SAFE_INTEGER;

/** The steps that limits admit, with both ends; an absent end admits all. */
export type StepRange = { readonly least?: number; readonly most?: number };

/** What two ranges admit together. */
export const within = (one: StepRange, other: StepRange): StepRange => ({
  ...optional('least', larger(one.least, other.least)),
  ...optional('most', smaller(one.most, other.most)),
});

const larger = (one = -Infinity, other = -Infinity): number | undefined =>
  finite(Math.max(one, other));
const smaller = (one = Infinity, other = Infinity): number | undefined =>
  finite(Math.min(one, other));
const finite = (end: number): number | undefined => (Number.isFinite(end) ? end : undefined);

/** Of the value `scaled / 10^scale`, which is not negative. */
export function stepsOf(scaled: bigint, scale: number): number {
  if (scale < FIAT_DECIMALS) {
    return stepsOf(scaled * powerOfTen(FIAT_DECIMALS - scale), FIAT_DECIMALS);
  }
  const cent = powerOfTen(scale - FIAT_DECIMALS);
  const cents = scaled / cent;
  if (cents > CENTS_MAX) return STEPS_MAX;
  const steps = 2 * asNumber(cents);
  return cents * cent === scaled ? steps : steps + 1;
}

/** Undefined for a limit that is no whole number of cents, or too large to be counted. */
export function rangeOf(order: Order, { scaled, scale }: Exact): StepRange | undefined {
  const steps = stepsOf(scaled, scale);
  if (steps % 2 !== 0) return undefined;
  switch (order) {
    case '>':
      return { least: steps + 1 };
    case '>=':
      return { least: steps };
    case '<':
      return { most: steps - 1 };
    default:
      return { most: steps };
  }
}

/** One whole number, as its bits and as two halves of them. */
const bits = new BigInt64Array(1);
const halves = new Uint32Array(bits.buffer);
const HALF = 2 ** 32;

/** As `Number`, of what fits, in a fifth of its time. */
function asNumber(whole: bigint): number {
  bits[0] = whole;
  return (halves[1] as number) * HALF + (halves[0] as number);
}
