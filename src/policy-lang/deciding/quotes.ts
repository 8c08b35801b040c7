/** Which quote of an asset counts: one rule, for whatever a price is used for. */
import { type Instant, SECOND_MS } from '#core/time.ts';
import type { Quote } from '#policy-lang/snapshot.ts';

/** By so much the clock of whoever quotes a price may be ahead of the one that decides. */
export const QUOTE_AHEAD_MS = 5 * SECOND_MS;

/** A price of zero or less is none; one too old, or from the future, is not the price of now. */
export const isQuoteGood = ({ price, asOf, maxAgeMs }: Quote, now: Instant): boolean =>
  price.scaled > 0n && now - asOf <= maxAgeMs && asOf - now <= QUOTE_AHEAD_MS;

/** The quote in a currency that counts at `now`. A quote beside one that does not count is no help. */
export function quoteAt(
  quotes: readonly Quote[] | undefined,
  currency: string,
  now: Instant,
): Quote | undefined {
  if (quotes === undefined) return undefined;
  for (const quote of quotes) {
    if (quote.price.currency === currency) return isQuoteGood(quote, now) ? quote : undefined;
  }
  return undefined;
}

/** Why a quote does not count at `now`, in words. */
export function faultOf({ price, asOf }: Quote, now: Instant): string {
  if (price.scaled <= 0n) return 'the last quote is not above zero';
  return asOf > now ? 'the last quote is from the future' : 'the last quote is too old';
}
