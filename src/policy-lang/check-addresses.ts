/** Checks the sets that a recipient or an asset is compared with. */
import type { AssetId } from '#core/money.ts';
import { type AddressKey, readAddress } from './address.ts';
import type { AddressSet } from './condition.ts';
import { type Scope, findAsset, unknownName } from './scope.ts';
import type { Operand, SetPart, Written } from './syntax.ts';

export function checkAddress(scope: Scope, written: Written): AddressKey | undefined {
  const read = readAddress(written.text);
  if (read.ok) return read.key;
  scope.report.add('BAD_ADDRESS', written.span, read.message, read.hint);
  return undefined;
}

/** An imported list by its name, or addresses in square brackets. */
export function checkAddressSet(scope: Scope, set: SetPart): AddressSet | undefined {
  if (set.kind === 'listed') {
    const addresses = checkElements(scope, set, (element) => checkAddressOperand(scope, element));
    return addresses && { kind: 'listed', addresses };
  }
  const name = set.name.text;
  if (scope.lists.has(name)) {
    scope.used.add(`list ${name}`);
    return { kind: 'named', name };
  }
  if (scope.groups.has(name)) {
    const message = `${name} is a group of people, not a list of addresses.`;
    scope.report.add('TYPE_MISMATCH', set.span, message, 'Name a list here.');
  } else unknownName(scope, set.name, 'list', scope.lists.keys());
  return undefined;
}

export function checkAddressOperand(scope: Scope, operand: Operand): AddressKey | undefined {
  if (operand.kind === 'address') return checkAddress(scope, operand.value);
  const message =
    operand.kind === 'text'
      ? 'Addresses are written without quotes.'
      : 'An address must stand here.';
  scope.report.add('TYPE_MISMATCH', operand.span, message, 'Write the whole address.');
  return undefined;
}

export function checkAssetSet(scope: Scope, set: SetPart): ReadonlySet<AssetId> | undefined {
  if (set.kind === 'listed') {
    return checkElements(scope, set, (element) => checkAssetOperand(scope, element));
  }
  const message = 'Assets are written into the rule, in square brackets.';
  scope.report.add('TYPE_MISMATCH', set.span, message, 'Write [USDC@ethereum, EURC@ethereum].');
  return undefined;
}

export function checkAssetOperand(scope: Scope, operand: Operand): AssetId | undefined {
  if (operand.kind === 'asset') return findAsset(scope, operand.value);
  const hint = 'An asset names its network: USDC@ethereum.';
  scope.report.add('TYPE_MISMATCH', operand.span, 'An asset must stand here.', hint);
  return undefined;
}

/** The elements, or undefined when one of them is wrong or there is none. */
function checkElements<T>(
  scope: Scope,
  set: SetPart & { readonly kind: 'listed' },
  check: (element: Operand) => T | undefined,
): ReadonlySet<T> | undefined {
  const elements = set.elements.map(check).filter((element) => element !== undefined);
  if (set.elements.length === 0) {
    scope.report.add('MISSING_PART', set.span, 'The list is empty.', 'Name at least one element.');
  }
  const whole = elements.length > 0 && elements.length === set.elements.length;
  return whole ? new Set(elements) : undefined;
}
