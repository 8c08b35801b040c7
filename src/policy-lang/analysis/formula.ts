/**
 * Conditions as the analysis reads them: comparisons of variables with constants, each with the
 * facts that it needs. One fact, one variable: that two comparisons speak of the same thing is what
 * the analysis lives on.
 */
import { FALSE, MISSING, TRUE, type Truth } from '#policy-lang/deciding/truth.ts';

export type Formula =
  | { readonly kind: 'constant'; readonly truth: Truth }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Formula[] }
  | { readonly kind: 'not'; readonly part: Formula }
  /** Missing where `condition` is. */
  | {
      readonly kind: 'if';
      readonly condition: Formula;
      readonly whenTrue: Formula;
      readonly whenFalse: Formula;
    }
  | Literal;

/** Missing unless all the facts that it needs are known; then as its test says. */
export type Literal = {
  readonly kind: 'literal';
  /** Paths of facts, each once. */
  readonly needs: readonly string[];
  readonly test: Test;
};

/** True or false, of variables whose facts are known. */
export type Test = Comparison | { readonly kind: 'all' | 'any'; readonly tests: readonly Test[] };

export type Comparison =
  | { readonly kind: 'in'; readonly variable: string; readonly values: ReadonlySet<string> }
  /** Whole numbers: what a variable counts in is fixed where it is declared. */
  | { readonly kind: 'at least' | 'at most'; readonly variable: string; readonly limit: bigint };

export const isComparison = (test: Test): test is Comparison =>
  test.kind !== 'all' && test.kind !== 'any';

export const ALWAYS: Formula = { kind: 'constant', truth: TRUE };

/** Several truths at once, as bits. */
export type Truths = number;
export const CAN_BE_FALSE: Truths = 1;
export const CAN_BE_MISSING: Truths = 2;
export const CAN_BE_TRUE: Truths = 4;
export const ANY_TRUTH: Truths = 7;

const BITS = { [FALSE]: CAN_BE_FALSE, [MISSING]: CAN_BE_MISSING, [TRUE]: CAN_BE_TRUE } as const;

export const bitOf = (truth: Truth): Truths => BITS[truth];

/** The truths that a negation has. */
export const mirrored = (truths: Truths): Truths =>
  (truths & CAN_BE_MISSING) |
  (truths & CAN_BE_FALSE ? CAN_BE_TRUE : 0) |
  (truths & CAN_BE_TRUE ? CAN_BE_FALSE : 0);

/** The comparisons of a formula, from left to right. */
export function* comparisonsOf(formula: Formula): Generator<Comparison> {
  switch (formula.kind) {
    case 'constant':
      return;
    case 'and':
    case 'or':
      for (const part of formula.parts) yield* comparisonsOf(part);
      return;
    case 'not':
      yield* comparisonsOf(formula.part);
      return;
    case 'if':
      yield* comparisonsOf(formula.condition);
      yield* comparisonsOf(formula.whenTrue);
      yield* comparisonsOf(formula.whenFalse);
      return;
    default:
      yield* comparisonsIn(formula.test);
  }
}

function* comparisonsIn(test: Test): Generator<Comparison> {
  if (isComparison(test)) yield test;
  else for (const part of test.tests) yield* comparisonsIn(part);
}

/** The literals of a formula, from left to right. */
export function* literalsOf(formula: Formula): Generator<Literal> {
  switch (formula.kind) {
    case 'constant':
      return;
    case 'and':
    case 'or':
      for (const part of formula.parts) yield* literalsOf(part);
      return;
    case 'not':
      yield* literalsOf(formula.part);
      return;
    case 'if':
      for (const part of [formula.condition, formula.whenTrue, formula.whenFalse]) {
        yield* literalsOf(part);
      }
      return;
    default:
      yield formula;
  }
}
