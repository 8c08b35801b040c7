/**
 * Prices from a file or a URL: `{ asOf?, maxAgeSeconds, quotes: { "USDC@local-evm": { "USD": "1.00"
 * } } }`. Without `asOf` the time of reading counts. Prices are decimal text, never JSON numbers.
 * Whatever is wrong with the source leaves the price missing, and a missing price fails closed.
 */
import { readFile } from 'node:fs/promises';
import { PlatformError } from '#core/errors.ts';
import { type AssetId, parseAssetId, parsePrice } from '#core/money.ts';
import { type Instant, parseInstant, SECOND_MS } from '#core/time.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { Clock, PriceSource } from './services.ts';

export type PriceOptions = {
  /** A file's path or an http(s) URL. */
  readonly source: string;
  readonly clock: Clock;
};

const REQUEST_TIMEOUT_MS = 3_000;
/** A URL is asked again after this long; a file is read each time. */
const URL_CACHE_MS = 5 * SECOND_MS;
const MAX_AGE_SECONDS_MAX = 7 * 86_400;
const CURRENCY = /^[A-Z]{3}$/;

type Book = ReadonlyMap<AssetId, readonly Quote[]>;

/** Every ask throws PRICE_UNAVAILABLE while the source does not answer or answers nonsense. */
export function openPrices({ source, clock }: PriceOptions): PriceSource {
  const isUrl = /^https?:\/\//.test(source);
  let cached: { readonly book: Book; readonly readAt: Instant } | undefined;

  const read = async (): Promise<Book> => {
    const now = clock.now();
    if (cached !== undefined && now - cached.readAt < URL_CACHE_MS) return cached.book;
    const text = isUrl ? await fetchText(source) : await readText(source);
    const book = parseBook(text, clock.now(), isUrl ? source : 'the price file');
    if (isUrl) cached = { book, readAt: now };
    return book;
  };
  return { quotes: async (asset) => (await read()).get(asset) ?? [] };
}

const unavailable = (reason: string, cause?: unknown): PlatformError =>
  new PlatformError('PRICE_UNAVAILABLE', { reason }, { cause });

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unavailable('the price file cannot be read', cause);
  }
}

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (!response.ok) throw unavailable(`the price source answered ${response.status}`);
    return await response.text();
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    throw unavailable('the price source cannot be reached', cause);
  }
}

/**
 * Reads the whole book or nothing.
 * @throws PRICE_UNAVAILABLE naming what is wrong
 */
export function parseBook(text: string, readAt: Instant, source: string): Book {
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
