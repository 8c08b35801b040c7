/** Checks the assets that a request's asset is compared with. */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { type AssetId, symbolOf } from '#core/money.ts';
import { checkElements } from './check-texts.ts';
import type { Advice } from './nearest-name.ts';
import { type Scope, assetsOfSymbol, findAsset } from './scope.ts';
import type { Operand, SetPart } from '#policy-lang/syntax/syntax.ts';

export function checkAssetSet(scope: Scope, set: SetPart): ReadonlySet<AssetId> | undefined {
  if (set.kind === 'listed') {
    return checkElements(scope, set, (element) => checkAssetOperand(scope, element));
  }
  const message = 'Assets are written into the rule, in square brackets.';
  reportMismatch(scope, set.span, message, 'Write [USDC@ethereum, EURC@ethereum].');
  return undefined;
}

export function checkAssetOperand(scope: Scope, operand: Operand): AssetId | undefined {
  if (operand.kind === 'asset') return findAsset(scope, operand.value);
  reportMismatch(scope, operand.span, 'An asset must stand here.', () =>
    assetAdvice(scope, operand),
  );
  return undefined;
}

/** `USDC` is a family: its members are different assets with decimals of their own. */
function assetAdvice(scope: Scope, operand: Operand): Advice {
  const members = operand.kind === 'symbol' ? assetsOfSymbol(scope.world, operand.value.text) : [];
  const [only, ...more] = members;
  if (only === undefined) return 'An asset names its network: USDC@ethereum.';
  const hint = `An asset names its network: ${members.slice(0, 4).join(', ')}.`;
  return more.length > 0 ? hint : { hint, before: symbolOf(only), text: only };
}
