/** Checks the addresses that a field is compared with. */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import type { AddressKey } from '#policy-lang/values/address.ts';
import { type Checked, negatedIf } from './check-field.ts';
import { checkElements } from './check-texts.ts';
import { readSoundAddress } from '#policy-lang/checks/sound-addresses.ts';
import type { AddressSet, Condition, FieldRef } from './condition.ts';
import { FIELDS } from './fields.ts';
import { type Scope, unknownName } from './scope.ts';
import type { Comparison, Operand, Path, SetPart } from '#policy-lang/syntax/syntax.ts';

/** `is 0x...`, `is wallet.address`, `in LIST`, `in CONTRACTS`, `in [0x..., 0x...]`, each with `not`. */
export function checkAddressComparison(
  scope: Scope,
  field: FieldRef,
  comparison: Comparison,
): Checked {
  if (comparison.kind === 'in') {
    const set = checkAddressSet(scope, comparison.set);
    return set && negatedIf(comparison.negated, addressIn(scope, field, set));
  }
  if (comparison.kind !== 'is') return 'unfit';
  const { right, negated } = comparison;
  if (right.kind === 'path') {
    const as = checkOtherField(scope, right);
    return as && negatedIf(negated, { kind: 'same-address', field, as });
  }
  const key = checkAddressOperand(scope, right);
  if (key === undefined) return undefined;
  return negatedIf(negated, addressIn(scope, field, { kind: 'listed', addresses: new Set([key]) }));
}

/** A contract is an address on a network: the same address elsewhere may be anything. */
function addressIn(scope: Scope, field: FieldRef, set: AddressSet): Condition {
  if (field.path === 'recipient' && field.argument === undefined) {
    return inNetwork(scope, set, { kind: 'recipient-in', set });
  }
  return inNetwork(scope, set, { kind: 'address-in', field, set });
}

function inNetwork(scope: Scope, set: AddressSet, condition: Condition): Condition {
  const network =
    set.kind === 'contracts' ? scope.contracts.get(set.name)?.content.network : undefined;
  if (network === undefined) return condition;
  const there: Condition = {
    kind: 'text-in',
    field: { path: 'network' },
    values: new Set([network]),
  };
  return { kind: 'and', parts: [condition, there] };
}

function checkOtherField(scope: Scope, { text, argument, span }: Path): FieldRef | undefined {
  const other = FIELDS.get(text);
  if (other?.type === 'address' && argument === undefined) return { path: other.path };
  const message = 'An address, or a field that is one, must stand here.';
  reportMismatch(scope, span, message, 'Write wallet.address, or the whole address.');
  return undefined;
}

/** An imported list or imported contracts by name, or addresses in square brackets. */
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
  if (scope.contracts.has(name)) {
    scope.used.add(`contracts ${name}`);
    return { kind: 'contracts', name };
  }
  if (scope.groups.has(name)) {
    const message = `${name} is a group of people, not a list of addresses.`;
    reportMismatch(scope, set.span, message, 'Name a list here.');
  } else unknownName(scope, set.name, 'list', [...scope.lists.keys(), ...scope.contracts.keys()]);
  return undefined;
}

export function checkAddressOperand(scope: Scope, operand: Operand): AddressKey | undefined {
  if (operand.kind === 'address') return readSoundAddress(scope.report, operand.value);
  if (operand.kind === 'text') {
    const { text } = operand.value;
    const isAddress = /^(?:0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$/.test(text);
    const message = 'Addresses are written without quotes.';
    const hint = 'Write the whole address.';
    const advice = isAddress ? { hint, before: `"${text}"`, text } : hint;
    reportMismatch(scope, operand.span, message, advice);
    return undefined;
  }
  const message = 'An address must stand here.';
  reportMismatch(scope, operand.span, message, 'Write the whole address.');
  return undefined;
}
