/**
 * Prices from a file or a URL. Whatever is wrong with the source leaves the price missing, and a missing
 * price fails closed.
 */
import { readFile } from 'node:fs/promises';
import { PlatformError } from '#core/errors.ts';
import { type Instant, SECOND_MS } from '#core/time.ts';
import { parsePriceBook, type PriceBook } from '#policy-lang/price-book.ts';
import type { Clock, PriceSource } from './services.ts';

export type PriceOptions = {
  /** A file's path or an http(s) URL. */
  readonly source: string;
  readonly clock: Clock;
};

const REQUEST_TIMEOUT_MS = 3_000;
/** A URL is asked again after this long; a file is read each time. */
const URL_CACHE_MS = 5 * SECOND_MS;

/** Every ask throws PRICE_UNAVAILABLE while the source does not answer or answers nonsense. */
export function openPrices({ source, clock }: PriceOptions): PriceSource {
  const isUrl = /^https?:\/\//.test(source);
  let cached: { readonly book: PriceBook; readonly readAt: Instant } | undefined;

  const read = async (): Promise<PriceBook> => {
    const now = clock.now();
    if (cached !== undefined && now - cached.readAt < URL_CACHE_MS) return cached.book;
    const text = isUrl ? await fetchText(source) : await readText(source);
    const book = parsePriceBook(text, clock.now(), isUrl ? source : 'the price file');
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
