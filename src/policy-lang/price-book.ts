/**
 * A source of prices as text: `{ asOf?, maxAgeSeconds, quotes: { "USDC@local-evm": { "USD": "1.00" } } }`.
 * Without `asOf` the time of reading counts. Prices are decimal text, never JSON numbers.
 */
import { PlatformError } from '#core/errors.ts';
import { type AssetId, parseAssetId, parsePrice } from '#core/money.ts';
import { type Instant, parseInstant, SECOND_MS } from '#core/time.ts';
import type { Quote } from './snapshot.ts';

const MAX_AGE_SECONDS_MAX = 7 * 86_400;
const CURRENCY = /^[A-Z]{3}$/;

export type PriceBook = ReadonlyMap<AssetId, readonly Quote[]>;

const unavailable = (reason: string, cause?: unknown): PlatformError =>
  new PlatformError('PRICE_UNAVAILABLE', { reason }, { cause });

/**
 * Reads the whole book or nothing.
 * @throws PRICE_UNAVAILABLE naming what is wrong
 */
export function parsePriceBook(text: string, readAt: Instant, source: string): PriceBook {
  try {
    const { asOf, maxAgeSeconds, quotes } = requireObject(JSON.parse(text), 'the prices');
    const time = asOf === undefined ? readAt : parseInstant(requireString(asOf, 'asOf'), 'asOf');
    const maxAgeMs = requireAge(maxAgeSeconds) * SECOND_MS;
    const book = new Map<AssetId, Quote[]>();
    for (const [asset, prices] of Object.entries(requireObject(quotes, 'quotes'))) {
      const entries = Object.entries(requireObject(prices, asset)).map(([currency, price]) => {
        if (!CURRENCY.test(currency)) throw unavailable(`${currency} is not a currency`);
        const parsed = parsePrice(requireString(price, asset), currency, `${asset} ${currency}`);
        if (parsed.scaled === 0n) throw unavailable(`the price of ${asset} is zero`);
        return { price: parsed, asOf: time, maxAgeMs, source };
      });
      book.set(parseAssetId(asset, 'quotes'), entries);
    }
    return book;
  } catch (cause) {
    if (cause instanceof PlatformError && cause.code === 'PRICE_UNAVAILABLE') throw cause;
    const reason = cause instanceof Error ? cause.message : 'not readable';
    throw unavailable(`the prices are not valid: ${reason}`, cause);
  }
}

function requireObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw unavailable(`${name} is not an object`);
}

function requireString(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw unavailable(`${name} is not a string`);
}

function requireAge(value: unknown): number {
  if (Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_AGE_SECONDS_MAX) {
    return Number(value);
  }
  throw unavailable('maxAgeSeconds is not a whole number of seconds of at most a week');
}
