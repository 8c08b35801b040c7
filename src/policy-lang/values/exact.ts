/** Exact decimals: values are compared and added without any rounding. */
import { FIAT_DECIMALS, type Price, formatDecimal } from '#core/money.ts';

/** `scaled / 10^scale`. */
export type Exact = { readonly scaled: bigint; readonly scale: number };

const POWERS: bigint[] = [1n];

export function powerOfTen(exponent: number): bigint {
  for (let next = POWERS.length; next <= exponent; next++) {
    POWERS.push((POWERS[next - 1] as bigint) * 10n);
  }
  return POWERS[exponent] as bigint;
}

/** Minor units of a currency (cents) as a decimal of the currency. */
export const fiat = (minor: bigint): Exact => ({ scaled: minor, scale: FIAT_DECIMALS });

/** A whole number, e.g. of base units. */
export const whole = (scaled: bigint): Exact => ({ scaled, scale: 0 });

/** What base units of an asset are worth at a price. */
export const worth = (units: bigint, decimals: number, price: Price): Exact => ({
  scaled: units * price.scaled,
  scale: decimals + price.scale,
});

/** -1, 0 or 1. Cross-multiplied: `a / 10^k < b / 10^m` exactly if `a * 10^m < b * 10^k`. */
export function compare(left: Exact, right: Exact): -1 | 0 | 1 {
  const a = right.scale > left.scale ? rescale(left, right.scale) : left.scaled;
  const b = left.scale > right.scale ? rescale(right, left.scale) : right.scaled;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `scaled` at a scale that is not smaller than its own. */
export const rescale = ({ scaled, scale }: Exact, to: number): bigint =>
  to === scale ? scaled : scaled * powerOfTen(to - scale);

export function add(left: Exact, right: Exact): Exact {
  const scale = Math.max(left.scale, right.scale);
  return { scaled: rescale(left, scale) + rescale(right, scale), scale };
}

/** `50,000.00 USD`: all digits that are not zero, and two after the point in any case. */
export function formatValue(value: Exact, currency: string): string {
  const [whole = '0', fraction = ''] = formatDecimal(value.scaled, value.scale).split('.');
  return `${whole}.${fraction.padEnd(FIAT_DECIMALS, '0')} ${currency}`;
}

/**
 * The value that a ledger keeps for a running total: minor units, rounded up, so that many small
 * payments never add up to less than they are worth.
 */
export function ledgerValue(units: bigint, decimals: number, price: Price): bigint {
  const { scaled, scale } = worth(units, decimals, price);
  if (scale <= FIAT_DECIMALS) return scaled * powerOfTen(FIAT_DECIMALS - scale);
  const divisor = powerOfTen(scale - FIAT_DECIMALS);
  return (scaled + divisor - 1n) / divisor;
}
