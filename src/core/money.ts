/**
 * Money. An amount of an asset is a whole number of base units (`bigint`) beside its asset; fiat is a
 * whole number of minor units. No floating point anywhere: decimals are read and printed as text.
 */
import { invalidInput } from './errors.ts';

/** `SYMBOL@network`, e.g. `USDC@local-evm`: one instance of an asset, with its own decimals. */
export type AssetId = string & { readonly __asset: true };
/** Lower kebab, e.g. `local-evm`. */
export type NetworkId = string & { readonly __network: true };

export type Money = { readonly asset: AssetId; readonly units: bigint };
/** `minor` counts cents: every fiat currency here has two decimals. */
export type Fiat = { readonly currency: string; readonly minor: bigint };

export const MAX_UNITS = 2n ** 256n - 1n;
export const FIAT_DECIMALS = 2;

const NETWORK = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const SYMBOL = /^[A-Za-z0-9.]{1,16}$/;
const UNITS = /^(?:0|[1-9]\d*)$/;
const DECIMAL = /^(0|[1-9]\d*)(?:\.(\d+))?$/;
const GROUPED = /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/;

/** @throws INVALID_INPUT */
export function parseNetworkId(text: string, field = 'network'): NetworkId {
  if (text.length <= 64 && NETWORK.test(text)) return text as NetworkId;
  throw invalidInput(field, 'not the id of a network', 'Write it like ethereum or local-evm.');
}

/** @throws INVALID_INPUT */
export function parseAssetId(text: string, field = 'asset'): AssetId {
  const [symbol = '', network = '', ...more] = text.split('@');
  if (SYMBOL.test(symbol) && NETWORK.test(network) && network.length <= 64 && more.length === 0) {
    return text as AssetId;
  }
  throw invalidInput(field, 'not the id of an asset', 'Write it like USDC@ethereum.');
}

export const assetId = (symbol: string, network: NetworkId): AssetId =>
  parseAssetId(`${symbol}@${network}`);

export const symbolOf = (asset: AssetId): string => asset.slice(0, asset.indexOf('@'));
export const networkOf = (asset: AssetId): NetworkId =>
  asset.slice(asset.indexOf('@') + 1) as NetworkId;

/**
 * Base units from their decimal text: digits only, no sign, no exponent, no leading zero, at most
 * 2^256 - 1.
 * @throws INVALID_INPUT
 */
export function parseUnits(text: string, field = 'amount'): bigint {
  if (!UNITS.test(text)) {
    const hint = 'Write digits 0-9 only, e.g. 50000000000 for 50,000 USDC with 6 decimals.';
    throw invalidInput(field, 'not a whole number of base units', hint);
  }
  if (text.length > 78 || BigInt(text) > MAX_UNITS) {
    throw invalidInput(field, 'larger than 2^256 - 1', 'Send a smaller amount.');
  }
  return BigInt(text);
}

/**
 * A decimal amount as a person writes it - `50000`, `50,000.25` - in base units. A comma is read as
 * grouping only where exactly three digits follow each.
 * @throws INVALID_INPUT for signs, exponents, foreign digits, and more decimals than the asset has.
 */
export function parseDecimal(text: string, decimals: number, field = 'amount'): bigint {
  const plain = GROUPED.test(text) ? text.replaceAll(',', '') : text;
  const [, whole, fraction = ''] = DECIMAL.exec(plain) ?? [];
  if (whole === undefined) {
    const hint = 'Write digits with an optional decimal point, e.g. 50,000.25.';
    throw invalidInput(field, 'not a decimal amount', hint);
  }
  if (fraction.length > decimals) {
    const hint = `Write at most ${decimals} digits after the point.`;
    throw invalidInput(field, `more than ${decimals} decimals`, hint);
  }
  return parseUnits(BigInt(whole + fraction.padEnd(decimals, '0')).toString(), field);
}

/** `50000250000`, 6 -> `50,000.25`. Trailing zeros of the fraction are dropped. */
export function formatDecimal(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(?:\d{3})+$)/g, ',');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** An exact, non-negative rational price of one whole token: `scaled / 10^scale` of a currency. */
export type Price = { readonly currency: string; readonly scaled: bigint; readonly scale: number };

/** `"1.0005"` -> `{ scaled: 10005n, scale: 4 }`. @throws INVALID_INPUT */
export function parsePrice(text: string, currency: string, field = 'price'): Price {
  const [, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || fraction.length > 18 || whole.length > 30) {
    throw invalidInput(field, 'not a price', 'Write a decimal such as "1.0005" in quotes.');
  }
  return { currency, scaled: BigInt(whole + fraction), scale: fraction.length };
}

/** What `parsePrice` reads: a decimal without separators. */
export const priceText = ({ scaled, scale }: Price): string =>
  formatDecimal(scaled, scale).replaceAll(',', '');
