/** Amounts as people write them. */
import { invalidInput } from '#core/errors.ts';
import { parseDecimal } from '#core/money.ts';
import { asCountersignError } from './error.ts';

/** What must be known of an asset to read an amount of it. */
export type AmountAsset = { readonly symbol: string; readonly decimals: number };

const WITH_UNIT = /^(\S+) ([A-Za-z0-9.]+)$/;

/**
 * `50,000.25 USDC` in base units, as the API takes them: `50000250000` for six decimals. The unit is
 * required, so that an amount is never read in another asset than the person meant.
 * @throws CountersignError INVALID_INPUT with what to write instead
 */
export function parseAmount(text: string, asset: AmountAsset): string {
  try {
    const [, amount, unit] = WITH_UNIT.exec(text.trim()) ?? [];
    if (amount === undefined || unit !== asset.symbol) {
      const hint = `Write it like 50,000.25 ${asset.symbol}.`;
      throw invalidInput('amount', `not an amount of ${asset.symbol}`, hint);
    }
    return parseDecimal(amount, asset.decimals).toString();
  } catch (error) {
    throw asCountersignError(error);
  }
}
