/** Checks comparisons of texts, sets of texts, levels and plain numbers. */
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import { type Checked, type ComparisonOf, negatedIf } from './check-field.ts';
import { readFitting } from '#policy-lang/checks/fitting-digits.ts';
import { requireReadable } from '#policy-lang/checks/readable-names.ts';
import type { Condition, FieldRef } from './condition.ts';
import { quoted } from './condition-text.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import { FIELDS } from './fields.ts';
import { interned } from '#policy-lang/deciding/interned.ts';
import { nameAdvice } from './nearest-name.ts';
import type { Scope } from './scope.ts';
import { LEVELS, type Level } from '#policy-lang/snapshot.ts';
import type { Comparison, Operand, SetPart, Written } from '#policy-lang/syntax/syntax.ts';

/** A text that is compared: not empty, without spaces around it, in one script a word. */
export function checkText(scope: Scope, written: Written, what: string): string | undefined {
  if (!requireReadable(scope.report, written)) return undefined;
  if (written.text.trim() === written.text && written.text !== '') return interned(written.text);
  const message = `${what} is not empty and has no spaces around it.`;
  const hint = 'Delete the spaces, or write the text.';
  const text = quoted(written.text.trim());
  const advice = text === '""' ? hint : { hint, before: quoted(written.text), text };
  reportMismatch(scope, written.span, message, advice);
  return undefined;
}

/** An e-mail address as the platform keeps it, in lower case; an id as it stands. */
export const mailInLowerCase = (name: string): string =>
  name.includes('@') ? name.toLowerCase() : name;

/** `is "x"`, `is not "x"`, `in ["x", "y"]`; `prefix` as in `wallet "wa-1"` may stand before a text. */
export function checkTextComparison(
  scope: Scope,
  field: FieldRef,
  comparison: Comparison,
  known?: readonly string[],
  prefix?: string,
): Checked {
  if (comparison.kind === 'in') {
    const values = checkTextSet(scope, field, comparison.set, known, prefix);
    return values && negatedIf(comparison.negated, { kind: 'text-in', field, values });
  }
  if (comparison.kind !== 'is') return 'unfit';
  const value = checkTextOperand(scope, field, comparison.right, known, prefix);
  if (value === undefined) return undefined;
  return negatedIf(comparison.negated, { kind: 'text-in', field, values: new Set([value]) });
}

function checkTextOperand(
  scope: Scope,
  field: FieldRef,
  operand: Operand,
  known: readonly string[] | undefined,
  prefix: string | undefined,
): string | undefined {
  const written =
    operand.kind === 'text'
      ? operand.value
      : operand.kind === 'path' && operand.text === prefix
        ? operand.argument
        : undefined;
  if (written === undefined) {
    const hint = `Write ${FIELDS.get(field.path)?.example ?? '"text"'}.`;
    reportMismatch(scope, operand.span, 'A text in quotes must stand here.', hint);
    return undefined;
  }
  const text = checkText(scope, written, 'A text');
  if (text === undefined) return undefined;
  if (known === undefined) return field.path === 'initiator' ? mailInLowerCase(text) : text;
  if (known.includes(text)) return text;
  const message = `The field "${field.path}" is never "${text}".`;
  reportUnknown({ report: scope.report }, written, message, known);
  return undefined;
}

function checkTextSet(
  scope: Scope,
  field: FieldRef,
  set: SetPart,
  known?: readonly string[],
  prefix?: string,
): ReadonlySet<string> | undefined {
  if (set.kind === 'named') {
    const hint = `Write ["one", "two"].`;
    const message = 'The texts are written out, in square brackets.';
    reportMismatch(scope, set.span, message, hint);
    return undefined;
  }
  return checkElements(scope, set, (element) =>
    checkTextOperand(scope, field, element, known, prefix),
  );
}

/** The elements, or undefined when one of them is wrong or there is none. */
export function checkElements<T>(
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

/** `has any of [...]`, `has all of [...]` */
export function checkTexts(scope: Scope, field: FieldRef, comparison: Comparison): Checked {
  if (comparison.kind !== 'has any of' && comparison.kind !== 'has all of') return 'unfit';
  const values = checkTextSet(scope, field, comparison.set);
  const quantifier = comparison.kind === 'has any of' ? 'any' : 'all';
  return values && { kind: 'has', field, quantifier, values };
}

export const isLevel = (text: string): text is Level =>
  (LEVELS as readonly string[]).includes(text);

/** `>= HIGH`, `is MEDIUM` */
export function checkLevel(scope: Scope, field: FieldRef, comparison: Comparison): Checked {
  if (comparison.kind !== 'sign' && comparison.kind !== 'is') return 'unfit';
  const { right } = comparison;
  const written = right.kind === 'symbol' || right.kind === 'text' ? right.value : undefined;
  if (written === undefined || right.kind !== 'symbol' || !isLevel(written.text)) {
    const message = `A level must stand here: ${LEVELS.join(', ')}.`;
    reportMismatch(scope, right.span, message, () =>
      written === undefined
        ? 'Write it like HIGH.'
        : nameAdvice({ text: written.text.toUpperCase(), span: right.span }, LEVELS),
    );
    return undefined;
  }
  const level = written.text;
  if (comparison.kind === 'sign') return { kind: 'level', field, order: comparison.sign, level };
  return negatedIf(comparison.negated, { kind: 'level', field, order: '=', level });
}

/** `>= 70`, `is 70` */
export function checkNumberField(scope: Scope, field: FieldRef, comparison: Comparison): Checked {
  if (comparison.kind !== 'sign' && comparison.kind !== 'is') return 'unfit';
  const limit = checkPlainNumber(scope, comparison.right);
  return limit && numberAtom(field, comparison, limit);
}

export function numberAtom(
  field: FieldRef,
  comparison: ComparisonOf<'sign'> | ComparisonOf<'is'>,
  limit: Exact,
): Condition {
  if (comparison.kind === 'sign') return { kind: 'number', field, order: comparison.sign, limit };
  return negatedIf(comparison.negated, { kind: 'number', field, order: '=', limit });
}

/** A number without a unit. `decimals` are the digits that it may have after the point. */
export function checkPlainNumber(scope: Scope, operand: Operand, decimals = 18): Exact | undefined {
  if (operand.kind !== 'amount' || operand.unit !== undefined) {
    const message = 'A number without a unit must stand here.';
    reportMismatch(scope, operand.span, message, 'Write the digits alone, like 70.');
    return undefined;
  }
  const scale = Math.min(/\.(\d+)$/.exec(operand.number.text)?.[1]?.length ?? 0, decimals);
  const scaled = readFitting(scope, operand, scale, 'This number');
  return scaled === undefined ? undefined : { scaled, scale };
}
