/**
 * The normal form of a condition: a few boxes, each a domain for some variables, which together hold
 * every request with complete data for which the condition is true (or false).
 */
import { type Domain, domainOf, intersect, isWithin, outsideOf } from './domain.ts';
import { type Formula, type Test, isComparison } from './formula.ts';
import { FALSE, MISSING } from '#policy-lang/deciding/truth.ts';

/** Variables that are not in it can be anything. */
export type Box = ReadonlyMap<string, Domain>;

/** More are not looked at: the answer is then not known. */
export const BOXES_MAX = 64;

class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

const EVERYTHING: readonly Box[] = [new Map()];

/** Undefined: there are too many. */
export function boxesOf(
  formula: Formula,
  holds = true,
  within: readonly Box[] = EVERYTHING,
): readonly Box[] | undefined {
  try {
    return expand(formula, holds, within);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

function expand(formula: Formula, holds: boolean, within: readonly Box[]): readonly Box[] {
  switch (formula.kind) {
    case 'constant':
      return formula.truth !== MISSING && (formula.truth !== FALSE) === holds ? within : [];
    case 'not':
      return expand(formula.part, !holds, within);
    case 'and':
    case 'or':
      return (formula.kind === 'and') === holds
        ? formula.parts.reduce((boxes, part) => expand(part, holds, boxes), within)
        : bounded(formula.parts.flatMap((part) => expand(part, holds, within)));
    case 'if': {
      const [yes, no] = [true, false].map((answer) => expand(formula.condition, answer, within));
      return bounded([
        ...expand(formula.whenTrue, holds, yes ?? []),
        ...expand(formula.whenFalse, holds, no ?? []),
      ]);
    }
    default:
      return expandTest(formula.test, holds, within);
  }
}

function expandTest(test: Test, holds: boolean, within: readonly Box[]): readonly Box[] {
  if (!isComparison(test)) {
    return (test.kind === 'all') === holds
      ? test.tests.reduce((boxes, part) => expandTest(part, holds, boxes), within)
      : bounded(test.tests.flatMap((part) => expandTest(part, holds, within)));
  }
  const domain = holds ? domainOf(test) : outsideOf(test);
  const found: Box[] = [];
  for (const box of within) {
    const before = box.get(test.variable);
    const after = before === undefined ? domain : intersect(before, domain);
    if (after === before) found.push(box);
    else if (after !== undefined) found.push(new Map(box).set(test.variable, after));
  }
  return found;
}

function bounded(boxes: readonly Box[]): readonly Box[] {
  if (boxes.length > BOXES_MAX) throw new TooLarge();
  return boxes;
}

/** Whether every request of `inner` lies in `outer`, as far as their bounds say. */
export function isBoxWithin(inner: Box, outer: Box): boolean {
  for (const [variable, domain] of outer) {
    const own = inner.get(variable);
    if (own === undefined || !isWithin(own, domain)) return false;
  }
  return true;
}
