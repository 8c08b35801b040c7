/** Numbers of variables as an author writes them. */
import { type AssetId, formatDecimal, symbolOf } from '#core/money.ts';
import { durationInWords } from '#policy-lang/values/durations.ts';
import { fiat, formatValue } from '#policy-lang/values/exact.ts';
import type { AssetFact } from '#policy-lang/world.ts';
import type { Box } from './boxes.ts';
import type { Source } from './variables.ts';

/** `10,000.00 USD`; between two cents `between 10.00 USD and 10.01 USD`. */
export function numberInWords(
  source: Source,
  number: bigint,
  box: Box,
  assets: ReadonlyMap<AssetId, AssetFact>,
): string {
  switch (source.kind) {
    case 'value':
      return halfCents(number, source.currency);
    case 'total':
      return source.need.of === 'value'
        ? halfCents(number, source.need.currency ?? '')
        : inUnits(number, source.need.asset, assets);
    case 'before':
      if (source.need.of === 'value') return formatValue(fiat(number), source.need.currency ?? '');
      return inUnits(number, source.need.asset, assets);
    case 'units': {
      const domain = box.get('asset');
      const [only, ...more] = domain?.kind === 'in' ? [...domain.values] : [];
      return inUnits(number, more.length === 0 ? (only as AssetId | undefined) : undefined, assets);
    }
    case 'delay':
      return `now + ${durationInWords(Number(number))}`;
    default:
      return formatDecimal(number, 0);
  }
}

/** `exactly 10.00 USD`, or `above 10.00 USD up to 20.00 USD`. */
export function rangeInWords(
  source: Source,
  range: { readonly low: bigint; readonly high: bigint },
  box: Box,
  assets: ReadonlyMap<AssetId, AssetFact>,
): string {
  const { low, high } = range;
  const show = (number: bigint): string => numberInWords(source, number, box, assets);
  const isBetween = (number: bigint): boolean => show(number).startsWith('between');
  if (low === high) return isBetween(low) ? `what lies ${show(low)}` : `exactly ${show(low)}`;
  const from = isBetween(low) ? `above ${show(low - 1n)}` : `from ${show(low)}`;
  return `${from} ${isBetween(high) ? `to below ${show(high + 1n)}` : `up to ${show(high)}`}`;
}

function halfCents(number: bigint, currency: string): string {
  const show = (half: bigint): string => formatValue(fiat(half / 2n), currency);
  return number % 2n === 0n
    ? show(number)
    : `between ${show(number - 1n)} and ${show(number + 1n)}`;
}

function inUnits(
  number: bigint,
  asset: AssetId | undefined,
  assets: ReadonlyMap<AssetId, AssetFact>,
): string {
  const fact = asset === undefined ? undefined : assets.get(asset);
  if (asset === undefined || fact === undefined) return formatDecimal(number, 0);
  return `${formatDecimal(number, fact.decimals)} ${symbolOf(asset)}`;
}
