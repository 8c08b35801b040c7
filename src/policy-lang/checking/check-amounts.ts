/** Checks the amounts of a policy: a unit that fits, digits that the unit has. */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { type AssetId, FIAT_DECIMALS, type NetworkId, symbolOf } from '#core/money.ts';
import type { Order } from './condition.ts';
import { type Exact, fiat } from '#policy-lang/values/exact.ts';
import { readFitting } from '#policy-lang/checks/fitting-digits.ts';
import { CURRENCIES, type Scope, assetsOfSymbol, symbolsOf } from './scope.ts';
import type { Amount, Comparison, Operand } from '#policy-lang/syntax/syntax.ts';

const FIAT_EXAMPLE = 'Write it like 10,000 USD.';

/** The amount that an operand must be; anything else is reported. */
function requireAmount(scope: Scope, operand: Operand, example: string): Amount | undefined {
  if (operand.kind === 'amount') return operand;
  reportMismatch(scope, operand.span, 'An amount must stand here.', example);
  return undefined;
}

/** An amount of a currency, e.g. `10,000 USD`. */
export function checkFiat(
  scope: Scope,
  operand: Operand,
): { readonly currency: string; readonly limit: Exact; readonly minor: bigint } | undefined {
  const amount = requireAmount(scope, operand, FIAT_EXAMPLE);
  if (amount === undefined) return undefined;
  const unit = amount.unit;
  if (unit === undefined) {
    const message = 'An amount needs a currency.';
    reportMismatch(scope, amount.span, message, FIAT_EXAMPLE);
    return undefined;
  }
  if (!CURRENCIES.includes(unit.text)) {
    if (symbolsOf(scope.world).includes(unit.text)) {
      const message = `A value is compared with a currency, but ${unit.text} is an asset.`;
      const hint = 'Write a currency such as USD, or compare the amount instead of the value.';
      reportMismatch(scope, unit.span, message, hint);
    } else {
      const message = `There is no currency "${unit.text}".`;
      reportUnknown({ report: scope.report }, unit, message, CURRENCIES);
    }
    return undefined;
  }
  const minor = readFitting(scope, amount, FIAT_DECIMALS, unit.text);
  return minor === undefined ? undefined : { currency: unit.text, limit: fiat(minor), minor };
}

/** Units of an asset that the rest of the condition names, e.g. `2.5 BTC`, for each such asset. */
export function checkAssetAmount(
  scope: Scope,
  operand: Operand,
  known: ReadonlySet<AssetId> | undefined,
): ReadonlyMap<AssetId, bigint> | undefined {
  const amount = requireAmount(scope, operand, 'Write it like 2.5 ETH.');
  if (amount === undefined || !checkSymbol(scope, amount)) return undefined;
  const symbol = amount.unit?.text ?? '';
  if (known === undefined || known.size === 0) {
    const message = `Nothing in this condition says that the asset is ${symbol}.`;
    const [example = `${symbol}@ethereum`] = assetsOfSymbol(scope.world, symbol);
    const hint = `Add "asset is ${example} and", or compare the value in a currency.`;
    reportMismatch(scope, amount.span, message, hint);
    return undefined;
  }
  const limits = new Map<AssetId, bigint>();
  for (const asset of known) {
    if (symbolOf(asset) !== symbol) {
      const message = `The asset can be ${asset} here, and that is not measured in ${symbol}.`;
      reportMismatch(scope, amount.span, message, 'Write a rule for each asset.');
      return undefined;
    }
    const decimals = scope.world.assets.get(asset)?.decimals ?? 0;
    const units = readFitting(scope, amount, decimals, asset);
    if (units === undefined) return undefined;
    limits.set(asset, units);
  }
  return limits;
}

/** Base units of a symbol's asset on each network that has one, or on each of these. */
export type UnitLimits = {
  readonly symbol: string;
  readonly limits: ReadonlyMap<NetworkId, bigint>;
};

/** What `call.value` is compared with, e.g. `1 ETH`. */
export const checkNativeAmount = (scope: Scope, operand: Operand): UnitLimits | undefined => {
  const amount = requireAmount(scope, operand, 'Write it like 1 ETH.');
  return amount && checkUnits(scope, amount);
};

/** `5 USDC`, where the asset's network is the request's. */
export function checkUnits(
  scope: Scope,
  amount: Amount,
  networks?: ReadonlySet<NetworkId>,
): UnitLimits | undefined {
  if (!checkSymbol(scope, amount)) return undefined;
  const symbol = amount.unit?.text ?? '';
  const limits = new Map<NetworkId, bigint>();
  for (const asset of assetsOfSymbol(scope.world, symbol)) {
    const fact = scope.world.assets.get(asset);
    if (fact === undefined || networks?.has(fact.network) === false) continue;
    const units = readFitting(scope, amount, fact.decimals, asset);
    if (units === undefined) return undefined;
    limits.set(fact.network, units);
  }
  if (limits.size > 0) return { symbol, limits };
  const message = `There is no ${symbol} on ${[...(networks ?? [])].join(', ')}.`;
  const hint = 'Write the symbol of an asset of that network, or a number without a unit.';
  reportMismatch(scope, amount.span, message, hint);
  return undefined;
}

/** Whether the unit is the symbol of an asset. */
export function checkSymbol(scope: Scope, amount: Amount): boolean {
  const unit = amount.unit;
  if (unit === undefined) {
    const message = 'An amount needs a unit.';
    reportMismatch(scope, amount.span, message, 'Write it like 2.5 ETH.');
    return false;
  }
  if (symbolsOf(scope.world).includes(unit.text)) return true;
  if (CURRENCIES.includes(unit.text)) {
    const message = `An amount is compared in units of its asset, but ${unit.text} is a currency.`;
    reportMismatch(scope, unit.span, message, 'Compare the value instead.');
    return false;
  }
  const message = `There is no asset with the symbol "${unit.text}".`;
  reportUnknown({ report: scope.report }, unit, message, symbolsOf(scope.world));
  return false;
}

export function checkOrder(
  scope: Scope,
  comparison: Comparison & { readonly kind: 'sign' },
): Order | undefined {
  if (comparison.sign !== '=') return comparison.sign;
  const message = 'Amounts are compared with >, >=, < or <=.';
  reportMismatch(scope, comparison.span, message, 'Give a lower or an upper bound.');
  return undefined;
}
