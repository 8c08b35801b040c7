/**
 * Turns a condition as it is written into one that can be decided, and reports what makes no sense
 * in it: unknown names, units that do not fit, words that this version does not know yet.
 */
import type { AssetId } from '#core/money.ts';
import {
  checkAddressOperand,
  checkAddressSet,
  checkAssetOperand,
  checkAssetSet,
} from './check-addresses.ts';
import { checkAssetAmount, checkFiat, checkOrder } from './check-amounts.ts';
import { checkTotal } from './check-total.ts';
import { mixedScriptWord } from './characters.ts';
import type { Atom, Condition } from './condition.ts';
import { didYouMean } from './nearest-name.ts';
import { type Scope, unsupported } from './scope.ts';
import type { Comparison, Expression, Operand, Written } from './syntax.ts';

/** The assets that the request can have here, where the surrounding `and`s say so. */
type Known = ReadonlySet<AssetId> | undefined;

/** Undefined when something in it is wrong: it is reported then. */
export function checkCondition(
  scope: Scope,
  expression: Expression,
  known?: Known,
): Condition | undefined {
  switch (expression.kind) {
    case 'always':
      return { kind: 'always' };
    case 'not': {
      const part = checkCondition(scope, expression.part, known);
      return part && { kind: 'not', part };
    }
    case 'and': {
      const narrowed = narrow(scope, expression.parts, known);
      return checkParts(scope, 'and', expression.parts, narrowed);
    }
    case 'or':
      return checkParts(scope, 'or', expression.parts, known);
    case 'mixed': {
      const message = '"and" and "or" stand together, and readers disagree which binds first.';
      const hint = 'Put one of them in parentheses: a and (b or c).';
      scope.report.add('MIXED_LOGIC', expression.operator, message, hint);
      for (const part of expression.parts) checkCondition(scope, part, known);
      return undefined;
    }
    default:
      return checkPredicate(scope, expression.left, expression.comparison, known);
  }
}

function checkParts(
  scope: Scope,
  kind: 'and' | 'or',
  expressions: readonly Expression[],
  known: Known,
): Condition | undefined {
  const parts = expressions.map((part) => checkCondition(scope, part, known));
  return parts.every((part) => part !== undefined) ? { kind, parts } : undefined;
}

/**
 * What the parts of an `and` say about the asset. Only well-formed `asset is` and `asset in` count;
 * what is wrong with others is reported when they are checked themselves.
 */
export function narrow(scope: Scope, parts: readonly Expression[], known?: Known): Known {
  let result = known;
  for (const part of parts) {
    const named = namedAssets(part);
    if (named === undefined || named.some((asset) => !scope.world.assets.has(asset))) continue;
    const before = result;
    result = new Set(before === undefined ? named : named.filter((asset) => before.has(asset)));
  }
  return result;
}

function namedAssets(part: Expression): readonly AssetId[] | undefined {
  if (part.kind === 'and') return part.parts.map(namedAssets).find((found) => found !== undefined);
  if (part.kind !== 'predicate' || part.left.kind !== 'path' || part.left.text !== 'asset') {
    return undefined;
  }
  const comparison = part.comparison;
  if (comparison === undefined || !('negated' in comparison) || comparison.negated)
    return undefined;
  if (comparison.kind === 'in' && comparison.set.kind === 'named') return undefined;
  const operands =
    comparison.kind === 'in' && comparison.set.kind === 'listed'
      ? comparison.set.elements
      : comparison.kind === 'is'
        ? [comparison.right]
        : [];
  return operands.flatMap((operand) =>
    operand.kind === 'asset' ? [operand.value.text as AssetId] : [],
  );
}

/** Fields that later versions will read, with what they are called in the message. */
const LATER_FIELDS: readonly (readonly [RegExp, string])[] = [
  [/^screening(?:\.|$)/, 'screening results'],
  [/^call(?:\.|$)/, 'conditions on contract calls'],
  [/^typed-data(?:\.|$)/, 'conditions on typed data'],
  [/^time$/, 'time windows'],
  [/^initiator(?:\.|$)/, 'conditions on the initiator'],
  [/^wallet\./, 'conditions on the wallet other than "wallet tagged"'],
];

const FIELDS = ['wallet', 'recipient', 'asset', 'value', 'amount'];

function checkPredicate(
  scope: Scope,
  left: Operand,
  comparison: Comparison | undefined,
  known: Known,
): Condition | undefined {
  if (left.kind === 'aggregate') return checkTotal(scope, left, comparison);
  if (left.kind !== 'path') {
    const message = 'A comparison begins with a field.';
    scope.report.add('TYPE_MISMATCH', left.span, message, 'Write value > 10,000 USD.');
    return undefined;
  }
  const later = LATER_FIELDS.find(([pattern]) => pattern.test(left.text));
  if (later !== undefined || scope.lets.has(left.text)) {
    if (later !== undefined) unsupported(scope, left.span, later[1]);
    return undefined;
  }
  if (!FIELDS.includes(left.text) || left.argument !== undefined) {
    unknownField(scope, { text: left.text, span: left.span });
    return undefined;
  }
  if (comparison === undefined) {
    const message = `Here stands "${left.text}" without a comparison.`;
    scope.report.add('MISSING_PART', left.span, message, COMPARISONS[left.text]);
    return undefined;
  }
  return checkField(scope, left.text, comparison, known);
}

function unknownField(scope: Scope, field: Written): void {
  if (!scope.complete) return;
  const message = `There is no field "${field.text}" of a transfer.`;
  scope.report.add('UNKNOWN_NAME', field.span, message, () => didYouMean(field.text, FIELDS));
}

const COMPARISONS: Readonly<Record<string, string>> = {
  wallet: 'Write wallet tagged "payments".',
  recipient: 'Write recipient in approved-vendors.',
  asset: 'Write asset is USDC@ethereum.',
  value: 'Write value > 10,000 USD.',
  amount: 'Write amount > 2.5 ETH.',
};

function checkField(
  scope: Scope,
  field: string,
  comparison: Comparison,
  known: Known,
): Condition | undefined {
  if (field === 'wallet' && comparison.kind === 'tagged') return checkTag(scope, comparison.tag);
  if (field === 'wallet' && comparison.kind === 'in') {
    unsupported(scope, comparison.span, 'lists of wallets', 'Tag the wallets instead.');
    return undefined;
  }
  if (field === 'recipient' && comparison.kind === 'in') {
    const set = checkAddressSet(scope, comparison.set);
    return set && negatedIf(comparison.negated, { kind: 'recipient-in', set });
  }
  if (field === 'recipient' && comparison.kind === 'is') {
    const key = checkAddressOperand(scope, comparison.right);
    const set = key && ({ kind: 'listed', addresses: new Set([key]) } as const);
    return set && negatedIf(comparison.negated, { kind: 'recipient-in', set });
  }
  if (field === 'asset' && comparison.kind === 'in') {
    const assets = checkAssetSet(scope, comparison.set);
    return assets && negatedIf(comparison.negated, { kind: 'asset-in', assets });
  }
  if (field === 'asset' && comparison.kind === 'is') {
    const asset = checkAssetOperand(scope, comparison.right);
    return asset && negatedIf(comparison.negated, { kind: 'asset-in', assets: new Set([asset]) });
  }
  if (field === 'value' && comparison.kind === 'sign') return checkValue(scope, comparison);
  if (field === 'amount' && comparison.kind === 'sign') {
    const order = checkOrder(scope, comparison);
    const limits = checkAssetAmount(scope, comparison.right, known);
    return order && limits && { kind: 'amount', order, limits };
  }
  const message = `The field "${field}" cannot be compared like this.`;
  scope.report.add('TYPE_MISMATCH', comparison.span, message, COMPARISONS[field]);
  return undefined;
}

const negatedIf = (negated: boolean, atom: Atom): Condition =>
  negated ? { kind: 'not', part: atom } : atom;

function checkTag(scope: Scope, tag: Written): Condition | undefined {
  const mixed = mixedScriptWord(tag.text);
  if (mixed !== undefined) {
    const message = `The word "${mixed}" mixes letters of two scripts that look alike.`;
    scope.report.add('CONFUSABLE', tag.span, message, 'Type it again with one keyboard.');
    return undefined;
  }
  if (tag.text.trim() !== tag.text || tag.text === '') {
    const message = 'A tag is not empty and has no spaces around it.';
    scope.report.add('TYPE_MISMATCH', tag.span, message, COMPARISONS['wallet']);
    return undefined;
  }
  return { kind: 'wallet-tagged', tag: tag.text };
}

function checkValue(
  scope: Scope,
  comparison: Comparison & { readonly kind: 'sign' },
): Condition | undefined {
  const order = checkOrder(scope, comparison);
  const amount = checkFiat(scope, comparison.right);
  if (order === undefined || amount === undefined) return undefined;
  return { kind: 'value', order, currency: amount.currency, limit: amount.limit };
}
