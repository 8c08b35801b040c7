/** Which truths a formula can have in a region, and the parts of a region in which it has some. */
import { domainOf, isApart, isWithin, outsideOf } from './domain.ts';
import {
  CAN_BE_FALSE,
  CAN_BE_MISSING,
  CAN_BE_TRUE,
  type Comparison,
  type Formula,
  type Literal,
  type Test,
  type Truths,
  bitOf,
  isComparison,
  mirrored,
} from './formula.ts';
import type { Region } from './region.ts';

/**
 * Every truth that the formula has somewhere in the region is among the answer; where there is just
 * one, it is the truth everywhere.
 */
export function truthsIn(region: Region, formula: Formula): Truths {
  switch (formula.kind) {
    case 'constant':
      return bitOf(formula.truth);
    case 'not':
      return mirrored(truthsIn(region, formula.part));
    case 'and':
      return andTruths(formula.parts.map((part) => truthsIn(region, part)));
    case 'or': {
      const parts = formula.parts.map((part) => mirrored(truthsIn(region, part)));
      return mirrored(andTruths(parts));
    }
    case 'if': {
      const condition = truthsIn(region, formula.condition);
      return (
        (condition & CAN_BE_MISSING) |
        (condition & CAN_BE_TRUE ? truthsIn(region, formula.whenTrue) : 0) |
        (condition & CAN_BE_FALSE ? truthsIn(region, formula.whenFalse) : 0)
      );
    }
    default:
      return literalTruths(region, formula);
  }
}

function andTruths(parts: readonly Truths[]): Truths {
  let any: Truths = 0;
  let everyTrue: Truths = CAN_BE_TRUE;
  let everyKnown = true;
  for (const part of parts) {
    any |= part;
    everyTrue &= part;
    if (!(part & (CAN_BE_MISSING | CAN_BE_TRUE))) everyKnown = false;
  }
  return (any & CAN_BE_FALSE) | (everyKnown ? any & CAN_BE_MISSING : 0) | everyTrue;
}

function literalTruths(region: Region, { needs, test }: Literal): Truths {
  let missing: Truths = 0;
  for (const path of needs) {
    const known = region.isKnown(path);
    if (known === false) return CAN_BE_MISSING;
    if (known === undefined) missing = CAN_BE_MISSING;
  }
  return missing | testTruths(region, test);
}

export function testTruths(region: Region, test: Test): Truths {
  if (!isComparison(test)) {
    const parts = test.tests.map((part) => testTruths(region, part));
    return test.kind === 'all' ? andTruths(parts) : mirrored(andTruths(parts.map(mirrored)));
  }
  const domain = region.domain(test.variable);
  if (domain === undefined) return CAN_BE_TRUE | CAN_BE_FALSE;
  if (isWithin(domain, domainOf(test))) return CAN_BE_TRUE;
  return isApart(domain, domainOf(test)) ? CAN_BE_FALSE : CAN_BE_TRUE | CAN_BE_FALSE;
}

/**
 * Regions in each of which the formula has one of the truths everywhere, and which together hold
 * every request of the region for which it does. They may overlap.
 */
export function* coverOf(region: Region, formula: Formula, truths: Truths): Generator<Region> {
  const possible = truthsIn(region, formula);
  if ((possible & truths) === 0) return;
  if ((possible & ~truths) === 0) {
    yield region;
    return;
  }
  switch (formula.kind) {
    case 'constant':
      return;
    case 'not':
      yield* coverOf(region, formula.part, mirrored(truths));
      return;
    case 'and':
      yield* coverOfAnd(region, formula.parts, truths);
      return;
    case 'or': {
      const parts = formula.parts.map((part): Formula => ({ kind: 'not', part }));
      yield* coverOfAnd(region, parts, mirrored(truths));
      return;
    }
    case 'if':
      yield* coverOfIf(region, formula, truths);
      return;
    default:
      yield* coverOfLiteral(region, formula, truths);
  }
}

/** The smallest truth of the parts is the truth of an `and`. */
function* coverOfAnd(region: Region, parts: readonly Formula[], truths: Truths): Generator<Region> {
  const atLeastMissing = CAN_BE_MISSING | CAN_BE_TRUE;
  if (truths & CAN_BE_FALSE) {
    for (const part of parts) yield* coverOf(region, part, CAN_BE_FALSE);
  }
  if ((truths & atLeastMissing) === atLeastMissing) {
    yield* coverOfAll(region, parts, atLeastMissing);
    return;
  }
  if (truths & CAN_BE_TRUE) yield* coverOfAll(region, parts, CAN_BE_TRUE);
  if (truths & CAN_BE_MISSING) {
    for (const [index, part] of parts.entries()) {
      for (const found of coverOf(region, part, CAN_BE_MISSING)) {
        yield* coverOfAll(found, parts.toSpliced(index, 1), atLeastMissing);
      }
    }
  }
}

function* coverOfAll(
  region: Region,
  parts: readonly Formula[],
  truths: Truths,
  from = 0,
): Generator<Region> {
  const part = parts[from];
  if (part === undefined) yield region;
  else {
    for (const found of coverOf(region, part, truths)) {
      yield* coverOfAll(found, parts, truths, from + 1);
    }
  }
}

function* coverOfIf(
  region: Region,
  { condition, whenTrue, whenFalse }: Extract<Formula, { kind: 'if' }>,
  truths: Truths,
): Generator<Region> {
  for (const found of coverOf(region, condition, CAN_BE_TRUE))
    yield* coverOf(found, whenTrue, truths);
  for (const found of coverOf(region, condition, CAN_BE_FALSE)) {
    yield* coverOf(found, whenFalse, truths);
  }
  if (truths & CAN_BE_MISSING) yield* coverOf(region, condition, CAN_BE_MISSING);
}

function* coverOfLiteral(
  region: Region,
  { needs, test }: Literal,
  truths: Truths,
): Generator<Region> {
  if (truths & (CAN_BE_TRUE | CAN_BE_FALSE)) {
    let known: Region | undefined = region;
    for (const path of needs) known = known?.know(path, true);
    if (known !== undefined) {
      if ((truths & CAN_BE_TRUE) !== 0) yield* coverOfTest(known, test, true);
      if ((truths & CAN_BE_FALSE) !== 0) yield* coverOfTest(known, test, false);
    }
  }
  if (truths & CAN_BE_MISSING) {
    for (const path of needs) {
      const missing = region.know(path, false);
      if (missing !== undefined) yield missing;
    }
  }
}

/** The parts of a region, in which the facts are known, where a test holds or does not. */
export function* coverOfTest(region: Region, test: Test, holds: boolean): Generator<Region> {
  if (isComparison(test)) {
    const found = narrowed(region, test, holds);
    if (found !== undefined) yield found;
  } else if ((test.kind === 'all') === holds) yield* coverOfTests(region, test.tests, holds);
  else for (const part of test.tests) yield* coverOfTest(region, part, holds);
}

function* coverOfTests(
  region: Region,
  tests: readonly Test[],
  holds: boolean,
  from = 0,
): Generator<Region> {
  const test = tests[from];
  if (test === undefined) yield region;
  else {
    for (const found of coverOfTest(region, test, holds)) {
      yield* coverOfTests(found, tests, holds, from + 1);
    }
  }
}

const narrowed = (region: Region, test: Comparison, holds: boolean): Region | undefined =>
  region.narrow(test.variable, holds ? domainOf(test) : outsideOf(test));
