/**
 * Checks comparisons of a contract call's argument, or of a field of typed data: the imported contracts
 * say what it is.
 */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import type { NetworkId } from '#core/money.ts';
import { checkAddressComparison } from './check-addresses.ts';
import { checkOrder, checkUnits } from './check-amounts.ts';
import { type Checked, negatedIf } from './check-field.ts';
import { checkDuration } from './check-total.ts';
import { checkPlainNumber, checkTextComparison, numberAtom } from './check-texts.ts';
import { findArgumentType } from '#policy-lang/checks/known-abi.ts';
import type { Condition, FieldRef } from './condition.ts';
import { FIELDS } from './fields.ts';
import type { Place } from './place.ts';
import type { Scope } from './scope.ts';
import type { Comparison, Moment, Path } from '#policy-lang/syntax/syntax.ts';

export function checkArgument(
  scope: Scope,
  { path, left }: { readonly path: FieldRef['path']; readonly left: Path },
  comparison: Comparison,
  place: Place,
): Condition | undefined {
  const example = `Write ${FIELDS.get(path)?.example ?? ''}.`;
  if (left.argument === undefined) {
    const message = `Behind "${left.text}" stands its name in quotes.`;
    scope.report.add('MISSING_PART', left.span, message, example);
    return undefined;
  }
  const type = findArgumentType(scope, { path }, place.knowledge, left.argument);
  if (type === undefined) return undefined;
  const field = { path, argument: left.argument.text };
  const result = checkOfType(scope, field, type, comparison, place);
  if (result !== 'unfit') return result;
  const message = `"${left.argument.text}" is a ${type}, and cannot be compared like this.`;
  reportMismatch(scope, comparison.span, message, example);
  return undefined;
}

function checkOfType(
  scope: Scope,
  field: FieldRef,
  type: string,
  comparison: Comparison,
  place: Place,
): Checked {
  switch (type) {
    case 'address':
      return checkAddressComparison(scope, field, comparison);
    case 'text':
      return checkTextComparison(scope, field, comparison);
    case 'boolean':
      return checkBoolean(scope, field, comparison);
    default:
      return checkQuantity(scope, field, comparison, place);
  }
}

/** `is true`, `is false` */
function checkBoolean(scope: Scope, field: FieldRef, comparison: Comparison): Checked {
  if (comparison.kind !== 'is') return 'unfit';
  const { right, negated } = comparison;
  const word = right.kind === 'path' && right.argument === undefined ? right.text : '';
  if (word === 'true' || word === 'false') {
    return negatedIf(negated !== (word === 'false'), { kind: 'true', field });
  }
  const message = 'Here must stand true or false.';
  reportMismatch(scope, right.span, message, 'Write is true.');
  return undefined;
}

/** A number of something: plain, in units of an asset, or a time. */
function checkQuantity(
  scope: Scope,
  field: FieldRef,
  comparison: Comparison,
  place: Place,
): Checked {
  if (comparison.kind !== 'sign' && comparison.kind !== 'is') return 'unfit';
  const { right } = comparison;
  if (right.kind === 'now') {
    return comparison.kind === 'sign' ? checkMoment(scope, field, comparison, right) : 'unfit';
  }
  if (right.kind !== 'amount' || right.unit === undefined) {
    const limit = checkPlainNumber(scope, right, 0);
    return limit && numberAtom(field, comparison, limit);
  }
  if (comparison.kind === 'is') return 'unfit';
  const order = checkOrder(scope, comparison);
  const units = checkUnits(scope, right, networksOf(scope, place));
  return order && units && { kind: 'units', field, order, ...units };
}

function checkMoment(
  scope: Scope,
  field: FieldRef,
  comparison: Extract<Comparison, { kind: 'sign' }>,
  { offset }: Moment,
): Condition | undefined {
  const order = checkOrder(scope, comparison);
  const offsetMs = offset === undefined ? 0 : checkDuration(scope, offset);
  if (order === undefined || offsetMs === undefined) return undefined;
  return { kind: 'time', field, order, offsetMs };
}

/** The networks of the contracts that the condition names, where it does. */
function networksOf(scope: Scope, { knowledge }: Place): ReadonlySet<NetworkId> | undefined {
  const networks = [...(knowledge.contracts ?? [])].flatMap(
    (name) => scope.contracts.get(name)?.content.network ?? [],
  );
  return networks.length === 0 ? undefined : new Set(networks);
}
