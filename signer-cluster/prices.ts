/** The node's own source of prices: a file or a URL that its operator chose. */
import { readFile } from 'node:fs/promises';
import { isPlatformError } from '#core/errors.ts';
import { type Instant, SECOND_MS } from '#core/time.ts';
import { parsePriceBook, type PriceBook } from '#policy-lang/price-book.ts';

const NO_PRICES: PriceBook = new Map();
const REQUEST_TIMEOUT_MS = 3_000;
/** A busy node does not read the same prices for each of many payments. */
const FRESH_MS = SECOND_MS;

/** Never throws: a source that fails leaves every price missing, and missing facts fail closed. */
export type Prices = () => Promise<PriceBook>;

/** @param source a path or an http(s) URL; without one the node has no price of anything */
export function nodePrices(
  source: string | undefined,
  now: () => Instant,
  failed: (reason: string) => void,
): Prices {
  if (source === undefined) return async () => NO_PRICES;
  let last: { readonly book: PriceBook; readonly at: Instant } | undefined;
  return async () => {
    const at = now();
    if (last !== undefined && at >= last.at && at - last.at < FRESH_MS) return last.book;
    try {
      const text = /^https?:\/\//.test(source)
        ? await fetched(source)
        : await readFile(source, 'utf8');
      last = { book: parsePriceBook(text, at, 'the prices of the node'), at };
      return last.book;
    } catch (error) {
      failed(isPlatformError(error) ? error.message : 'the source of prices cannot be read');
      return NO_PRICES;
    }
  };
}

async function fetched(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the source of prices answered ${response.status}`);
  return response.text();
}
