/**
 * Values of money as small whole numbers, so that comparing one with many limits takes no big
 * integers. Two steps make a minor unit of the currency (a cent): an even number of steps is so many
 * cents exactly, an odd one lies between two cents. Limits are in whole cents, so a value stands
 * to each of them exactly as its steps do, whatever its other digits are.
 */
import { FIAT_DECIMALS, type Price } from '#core/money.ts';
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

/** Whole numbers up to this are counted, and twice as many are whole numbers of a double still. */
const SMALL_MAX = Number(CENTS_MAX);

/** So many minor digits are a power of ten that is small. */
const SMALL_DIGITS_MAX = 15;
const SMALL_POWERS = Float64Array.from({ length: SMALL_DIGITS_MAX + 1 }, (_, digits) =>
  Number(powerOfTen(digits)),
);

/** Steps of what base units are worth at a price; neither of them is negative. */
export function worthInSteps(units: bigint, decimals: number, price: Price): number {
  const scale = decimals + price.scale;
  const digits = scale - FIAT_DECIMALS;
  const areSmall = units <= CENTS_MAX && price.scaled <= CENTS_MAX;
  if (areSmall && digits >= 0 && digits <= SMALL_DIGITS_MAX) {
    const product = asNumber(units) * asNumber(price.scaled);
    if (product <= SMALL_MAX) return stepsOfSmall(product, SMALL_POWERS[digits] as number);
  }
  return stepsOf(units * price.scaled, scale);
}

/**
 * As `stepsOf`, in numbers, all of which are whole. A quotient is rounded up to a whole number at
 * worst, which what is left of the value then tells.
 */
function stepsOfSmall(value: number, cent: number): number {
  const cents = Math.floor(value / cent);
  const left = value - cents * cent;
  return left === 0 ? 2 * cents : left > 0 ? 2 * cents + 1 : 2 * cents - 1;
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
