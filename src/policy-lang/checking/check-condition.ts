/**
 * Turns a condition as it is written into one that can be decided, and reports what makes no sense
 * in it: unknown names, units that do not fit, fields compared with the wrong thing.
 */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { checkField } from './check-field.ts';
import { checkTotal } from './check-total.ts';
import { requireOneConnective } from '#policy-lang/checks/one-connective.ts';
import { type Condition, atomsOf } from './condition.ts';
import { sizeOf } from './condition-size.ts';
import { FIELDS } from './fields.ts';
import { MAX_ATOMS, MAX_NESTING } from '#policy-lang/syntax/limits.ts';
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import {
  type Knowledge,
  KNOWS_NOTHING,
  type Place,
  joined,
  knowledgeOf,
  newPlace,
} from './place.ts';
import { compareText } from './report.ts';
import type { Scope } from './scope.ts';
import type { Comparison, Expression, Operand, Path } from '#policy-lang/syntax/syntax.ts';

/** Undefined when something in it is wrong: it is reported then. */
export function checkCondition(
  scope: Scope,
  expression: Expression,
  place: Place = newPlace(),
): Condition | undefined {
  const condition = checkPart(scope, expression, place);
  if (condition === undefined) return undefined;
  const { atoms, depth } = sizeOf(condition);
  if (atoms <= MAX_ATOMS && depth <= MAX_NESTING) return condition;
  const [code, message] =
    atoms > MAX_ATOMS
      ? ([
          'POLICY_TOO_LARGE',
          `With its definitions written out, it compares ${atoms} times.`,
        ] as const)
      : (['POLICY_TOO_DEEP', `With its definitions written out, it is ${depth} deep.`] as const);
  const hint = `Split it: ${MAX_ATOMS} comparisons and ${MAX_NESTING} levels are the most.`;
  scope.report.add(code, expression.span, message, hint);
  return undefined;
}

function checkPart(scope: Scope, expression: Expression, place: Place): Condition | undefined {
  switch (expression.kind) {
    case 'always':
      return { kind: 'always' };
    case 'not': {
      const part = checkPart(scope, expression.part, place);
      return part && { kind: 'not', part };
    }
    case 'and': {
      const knowledge = expression.parts
        .map((part) => knownFrom(scope, part))
        .reduce(joined, place.knowledge);
      return checkParts(scope, 'and', expression.parts, { ...place, knowledge });
    }
    case 'or':
      return checkParts(scope, 'or', expression.parts, place);
    case 'mixed':
      requireOneConnective(scope.report, expression);
      for (const part of expression.parts) checkPart(scope, part, place);
      return undefined;
    default:
      return checkPredicate(scope, expression.left, expression.comparison, place);
  }
}

function checkParts(
  scope: Scope,
  kind: 'and' | 'or',
  expressions: readonly Expression[],
  place: Place,
): Condition | undefined {
  const parts = expressions.map((part) => checkPart(scope, part, place));
  if (!parts.every((part) => part !== undefined)) return undefined;
  return { kind, parts: withoutRepeats(parts.flatMap((part) => flat(kind, part))) };
}

/** `a and (b and c)` is `a and b and c`: one level says the same, and more of it can be looked up. */
const flat = (kind: 'and' | 'or', part: Condition): readonly Condition[] =>
  part.kind === kind ? part.parts : [part];

/** Two sets of contracts bring their network twice. */
function withoutRepeats(parts: readonly Condition[]): readonly Condition[] {
  const networks = new Set<string>();
  return parts.filter((part) => {
    if (part.kind !== 'text-in' || part.field.path !== 'network') return true;
    const key = [...part.values].toSorted(compareText).join(' ');
    if (networks.has(key)) return false;
    networks.add(key);
    return true;
  });
}

/** What decides the type of a comparison elsewhere in the same `and`. */
const TELLING = new Set([
  'asset',
  'call.contract',
  'call.function',
  'typed-data.contract',
  'typed-data.primary-type',
]);

/**
 * What a part of an `and` says about the request. It is reported on when it is checked itself, so
 * here a part that is wrong says nothing.
 */
export function knownFrom(scope: Scope, expression: Expression): Knowledge {
  if (expression.kind === 'and') {
    return expression.parts.map((part) => knownFrom(scope, part)).reduce(joined, KNOWS_NOTHING);
  }
  if (expression.kind !== 'predicate' || expression.left.kind !== 'path') return KNOWS_NOTHING;
  const { left, comparison } = expression;
  if (comparison === undefined) {
    const condition = scope.lets.has(left.text)
      ? scope.lets.resolve(scope, left.text).condition
      : undefined;
    return condition === undefined ? KNOWS_NOTHING : knowledgeOf(condition);
  }
  if (!TELLING.has(left.text)) return KNOWS_NOTHING;
  // The part is checked again in its turn; the report says each thing once.
  const condition = checkField(scope, left, comparison, newPlace());
  return condition === undefined ? KNOWS_NOTHING : knowledgeOf(condition);
}

function checkPredicate(
  scope: Scope,
  left: Operand,
  comparison: Comparison | undefined,
  place: Place,
): Condition | undefined {
  if (left.kind === 'aggregate') return checkTotal(scope, left, comparison, place);
  if (left.kind !== 'path') {
    const message = 'A comparison begins with a field.';
    reportMismatch(scope, left.span, message, 'Write value > 10,000 USD.');
    return undefined;
  }
  if (scope.lets.has(left.text) && left.argument === undefined) {
    return checkDefinition(scope, left, comparison, place);
  }
  if (!FIELDS.has(left.text)) {
    unknownField(scope, left);
    return undefined;
  }
  if (comparison === undefined) {
    const message = `Here stands "${left.text}" without a comparison.`;
    const hint = `Write ${FIELDS.get(left.text)?.example ?? ''}.`;
    scope.report.add('MISSING_PART', left.span, message, hint);
    return undefined;
  }
  return checkField(scope, left, comparison, place);
}

/** A `let` by its name: its condition, and the fields that it uses. */
function checkDefinition(
  scope: Scope,
  { text, span }: Path,
  comparison: Comparison | undefined,
  place: Place,
): Condition | undefined {
  scope.used.add(`let ${text}`);
  if (comparison !== undefined) {
    const message = `"${text}" is a condition already, and is not compared.`;
    reportMismatch(scope, comparison.span, message, `Write ${text} alone.`);
    return undefined;
  }
  const { condition, uses } = scope.lets.resolve(scope, text);
  place.uses.push(...uses.map((use) => ({ ...use, span })));
  if (condition === undefined || !place.insideTotal) return condition;
  if (![...atomsOf(condition)].some((atom) => atom.kind === 'total')) return condition;
  const message = 'A total cannot stand inside of another one.';
  reportMismatch(scope, span, message, 'Compare the two beside each other.');
  return undefined;
}

function unknownField(scope: Scope, { text, span }: Path): void {
  const message = `There is no field "${text}", and no definition of that name.`;
  reportUnknown(scope, { text, span }, message, [...FIELDS.keys(), ...scope.lets.names()]);
}
