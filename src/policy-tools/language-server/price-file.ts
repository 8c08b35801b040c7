/** Prices for hovers, from a file of the platform's own format (`docs/configuration.md`, PRICES). */
import { readFile } from 'node:fs/promises';
import { invalidInput } from '#core/errors.ts';
import { parseAssetId, parsePrice } from '#core/money.ts';
import type { ShownPrices } from '#policy-lang/editing/hover.ts';

const HINT = 'Give a file like { "quotes": { "USDC@local-evm": { "USD": "1.00" } } }.';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws INVALID_INPUT when the file cannot be read, or is not a file of prices */
export async function readShownPrices(path: string): Promise<ShownPrices> {
  const book = await readJson(path);
  const quotes = isObject(book) ? book['quotes'] : undefined;
  if (!isObject(quotes)) throw invalidInput(path, 'has no "quotes"', HINT);
  return new Map(
    Object.entries(quotes).map(([asset, prices]) => {
      if (!isObject(prices)) throw invalidInput(path, `${asset} has no prices`, HINT);
      const lines = Object.entries(prices).map(([currency, price]) => {
        if (typeof price !== 'string') throw invalidInput(path, `${asset} is no text`, HINT);
        parsePrice(price, currency, asset);
        return `${price} ${currency}`;
      });
      return [parseAssetId(asset, 'quotes'), lines];
    }),
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw invalidInput(path, reason, HINT);
  }
}
