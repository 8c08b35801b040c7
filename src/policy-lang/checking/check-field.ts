/** Checks a comparison that begins with a field: what the field is decides what can follow. */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { checkAddressComparison } from './check-addresses.ts';
import { checkAssetAmount, checkFiat, checkNativeAmount, checkOrder } from './check-amounts.ts';
import { checkArgument } from './check-argument.ts';
import { checkAssetOperand, checkAssetSet } from './check-assets.ts';
import { checkHours } from './check-hours.ts';
import {
  checkLevel,
  checkNumberField,
  checkText,
  checkTextComparison,
  checkTexts,
} from './check-texts.ts';
import { requireFunction } from '#policy-lang/checks/known-abi.ts';
import type { Condition, FieldRef } from './condition.ts';
import { FIELDS, type Field } from './fields.ts';
import { networkNames } from '#policy-lang/imports/list-file.ts';
import type { Place } from './place.ts';
import { type Scope, unknownName } from './scope.ts';
import type { Comparison, Path, Written } from '#policy-lang/syntax/syntax.ts';

export type ComparisonOf<K extends Comparison['kind']> = Extract<Comparison, { kind: K }>;

/** The field exists: the caller has looked. */
export function checkField(
  scope: Scope,
  left: Path,
  comparison: Comparison,
  place: Place,
): Condition | undefined {
  const field = FIELDS.get(left.text);
  if (field === undefined) return undefined;
  place.uses.push({ name: `"${left.text}"`, span: left.span, activities: field.activities });
  if (field.type === 'argument') {
    return checkArgument(scope, { path: field.path, left }, comparison, place);
  }
  if (left.argument !== undefined) {
    const message = `The field "${left.text}" takes no name in quotes.`;
    reportMismatch(scope, left.argument.span, message, `Write ${field.example}.`);
    return undefined;
  }
  const result = checkByType(scope, field, comparison, place);
  if (result !== 'unfit') return result;
  const message = `The field "${left.text}" cannot be compared like this.`;
  reportMismatch(scope, comparison.span, message, `Write ${field.example}.`);
  return undefined;
}

/** `unfit`: the field has no such comparison. Undefined: what is wrong is reported. */
export type Checked = Condition | undefined | 'unfit';

export const negatedIf = (negated: boolean, condition: Condition): Condition =>
  negated ? { kind: 'not', part: condition } : condition;

function checkByType(scope: Scope, field: Field, comparison: Comparison, place: Place): Checked {
  const ref: FieldRef = { path: field.path };
  switch (field.type) {
    case 'wallet':
      return checkWallet(scope, ref, comparison);
    case 'text':
      return checkPlainText(scope, field, comparison, place);
    case 'network':
      return checkTextComparison(scope, ref, comparison, networkNames(scope.world));
    case 'texts':
      return checkTexts(scope, ref, comparison);
    case 'address':
      return checkAddressComparison(scope, ref, comparison);
    case 'asset':
      return checkAsset(scope, comparison);
    case 'user':
      return checkUser(scope, ref, comparison);
    case 'level':
      return checkLevel(scope, ref, comparison);
    case 'number':
      return checkNumberField(scope, ref, comparison);
    case 'time':
      return comparison.kind === 'within' ? checkHours(scope, comparison.hours) : 'unfit';
    default:
      return comparison.kind === 'sign' ? checkMoney(scope, field, comparison, place) : 'unfit';
  }
}

function checkPlainText(
  scope: Scope,
  { path, values }: Field,
  comparison: Comparison,
  { knowledge }: Place,
): Checked {
  if (path === 'call.function') {
    const named = textsOf(comparison).map((text) => requireFunction(scope, knowledge, text));
    if (named.includes(false)) return undefined;
  }
  return checkTextComparison(scope, { path }, comparison, values);
}

/** The texts in quotes on the right of a comparison. */
function textsOf(comparison: Comparison): readonly Written[] {
  const operands =
    comparison.kind === 'is'
      ? [comparison.right]
      : comparison.kind === 'in' && comparison.set.kind === 'listed'
        ? comparison.set.elements
        : [];
  return operands.flatMap((operand) => (operand.kind === 'text' ? operand.value : []));
}

function checkMoney(
  scope: Scope,
  field: Field,
  comparison: ComparisonOf<'sign'>,
  place: Place,
): Condition | undefined {
  const order = checkOrder(scope, comparison);
  if (field.type === 'value') {
    const amount = checkFiat(scope, comparison.right);
    if (order === undefined || amount === undefined) return undefined;
    return { kind: 'value', order, currency: amount.currency, limit: amount.limit };
  }
  if (field.type === 'amount') {
    const limits = checkAssetAmount(scope, comparison.right, place.knowledge.assets);
    return order && limits && { kind: 'amount', order, limits };
  }
  const native = checkNativeAmount(scope, comparison.right);
  return order && native && { kind: 'units', field: { path: field.path }, order, ...native };
}

function checkAsset(scope: Scope, comparison: Comparison): Checked {
  if (comparison.kind === 'in') {
    const assets = checkAssetSet(scope, comparison.set);
    return assets && negatedIf(comparison.negated, { kind: 'asset-in', assets });
  }
  if (comparison.kind !== 'is') return 'unfit';
  const asset = checkAssetOperand(scope, comparison.right);
  return asset && negatedIf(comparison.negated, { kind: 'asset-in', assets: new Set([asset]) });
}

function checkWallet(scope: Scope, ref: FieldRef, comparison: Comparison): Checked {
  if (comparison.kind === 'tagged') {
    const tag = checkText(scope, comparison.tag, 'A tag');
    return tag === undefined ? undefined : { kind: 'wallet-tagged', tag };
  }
  return checkTextComparison(scope, ref, comparison, undefined, 'wallet');
}

function checkUser(scope: Scope, ref: FieldRef, comparison: Comparison): Checked {
  if (comparison.kind === 'has role') {
    const role = checkText(scope, comparison.role, 'A role');
    if (role === undefined) return undefined;
    const field = { path: 'initiator.roles' } as const;
    return { kind: 'has', field, quantifier: 'any', values: new Set([role]) };
  }
  if (comparison.kind !== 'in' || comparison.set.kind !== 'named') {
    return checkTextComparison(scope, ref, comparison);
  }
  const { name } = comparison.set;
  if (!scope.groups.has(name.text)) {
    if (scope.lists.has(name.text)) {
      const message = `${name.text} is a list of addresses, not a group of people.`;
      reportMismatch(scope, name.span, message, 'Name a group here.');
    } else unknownName(scope, name, 'group', scope.groups.keys());
    return undefined;
  }
  scope.used.add(`group ${name.text}`);
  return negatedIf(comparison.negated, { kind: 'in-group', group: name.text });
}
