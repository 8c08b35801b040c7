/** Comparisons with decimals as bounds on whole numbers. */
import type { OrderOrEqual } from '#policy-lang/checking/condition.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import type { Test } from './formula.ts';

/** Thrown where a number has more digits than the analysis counts in. */
export class TooPrecise extends Error {
  override readonly name = 'TooPrecise';
}

/** A decimal in units of `10^-decimals`. @throws TooPrecise */
export function scaleTo({ scaled, scale }: Exact, decimals: number): bigint {
  if (scale <= decimals) return scaled * 10n ** BigInt(decimals - scale);
  const unit = 10n ** BigInt(scale - decimals);
  if (scaled % unit !== 0n) throw new TooPrecise('a limit has too many digits to be analysed');
  return scaled / unit;
}

/** `variable ORDER limit + shift` for a variable that is a whole number. */
export function holdsOrder(
  variable: string,
  order: OrderOrEqual,
  limit: Exact | bigint,
  shift = 0n,
): Test {
  const { floor, isWhole } = floorOf(limit, shift);
  switch (order) {
    case '>':
      return { kind: 'at least', variable, limit: floor + 1n };
    case '>=':
      return { kind: 'at least', variable, limit: isWhole ? floor : floor + 1n };
    case '<':
      return { kind: 'at most', variable, limit: isWhole ? floor - 1n : floor };
    case '<=':
      return { kind: 'at most', variable, limit: floor };
    default:
      return isWhole
        ? {
            kind: 'all',
            tests: [
              { kind: 'at least', variable, limit: floor },
              { kind: 'at most', variable, limit: floor },
            ],
          }
        : { kind: 'any', tests: [] };
  }
}

function floorOf(
  limit: Exact | bigint,
  shift: bigint,
): { readonly floor: bigint; readonly isWhole: boolean } {
  if (typeof limit === 'bigint') return { floor: limit + shift, isWhole: true };
  const unit = 10n ** BigInt(limit.scale);
  const rest = limit.scaled % unit;
  const floor = (limit.scaled - rest) / unit - (rest < 0n ? 1n : 0n);
  return { floor: floor + shift, isWhole: rest === 0n };
}
