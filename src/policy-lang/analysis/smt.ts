/**
 * A question as SMT-LIB 2 text, which any solver reads: `sat` means that such a request exists.
 * Facts that may be missing are Booleans beside their values, flags are Booleans, everything else is
 * a whole number. Links between variables are asserted as they are.
 */
import { type Codes, type Sets, assetsByNetwork, codesOf, setsOf } from './smt-sorts.ts';
import {
  ANY_TRUTH,
  CAN_BE_FALSE,
  CAN_BE_MISSING,
  CAN_BE_TRUE,
  type Comparison,
  type Formula,
  type Test,
  type Truths,
  comparisonsOf,
  isComparison,
  literalsOf,
} from './formula.ts';
import { FALSE, TRUE } from '#policy-lang/deciding/truth.ts';
import type { Clause, Question } from './search.ts';
import { impliedBy } from './region.ts';
import { type Link, type Source, type Variables, linked } from './variables.ts';

export type SmtQuestion = {
  /** Declarations and assertions, without `(check-sat)`. */
  readonly text: string;
  /** What each symbol stands for, in the order of declaration. */
  readonly symbols: readonly SmtSymbol[];
};

export type SmtSymbol = { readonly symbol: string } & (
  | { readonly kind: 'known'; readonly path: string }
  | { readonly kind: 'flag' | 'number'; readonly variable: string }
  | { readonly kind: 'choice'; readonly variable: string; readonly codes: Codes }
);

const FLAGS: ReadonlySet<Source['kind']> = new Set([
  'element',
  'boolean',
  'group',
  'listed',
  'seen',
  'same',
]);
const NUMBERS: ReadonlySet<Source['kind']> = new Set([
  'number',
  'delay',
  'units',
  'value',
  'before',
  'total',
]);

export function smtQuestion({ variables, clauses }: Question): SmtQuestion {
  return new Printer(variables, clauses).print();
}

class Printer {
  readonly #variables: Variables;
  readonly #clauses: readonly Clause[];
  readonly #sets: Sets;
  readonly #lines: string[] = [];
  readonly #symbols: SmtSymbol[] = [];
  readonly #known = new Map<string, string>();
  readonly #named = new Map<string, SmtSymbol>();
  readonly #memberships = new Map<string, string>();
  readonly #formulas = new Map<Formula, string>();

  constructor(variables: Variables, clauses: readonly Clause[]) {
    this.#variables = variables;
    this.#clauses = clauses;
    this.#sets = setsOf(
      variables,
      formulasIn(clauses).flatMap((part) => [...comparisonsOf(part)]),
    );
  }

  print(): SmtQuestion {
    this.#lines.push('(set-logic ALL)');
    for (const formula of formulasIn(this.#clauses)) {
      for (const { needs } of literalsOf(formula)) for (const path of needs) this.#path(path);
      for (const { variable } of comparisonsOf(formula)) this.#variable(variable);
    }
    this.#printLinks();
    this.#printImplications();
    for (const clause of this.#clauses) {
      this.#assert(any(clause.map(({ formula, truths }) => this.#hasTruth(formula, truths))));
    }
    return { text: `${this.#lines.join('\n')}\n`, symbols: this.#symbols };
  }

  #assert(term: string): void {
    this.#lines.push(`(assert ${term})`);
  }

  #declare(sort: 'Bool' | 'Int', comment: string, symbol: SmtSymbol): void {
    const text = comment.replaceAll(/[^\x20-\x7e]/g, '?');
    this.#lines.push(`(declare-const ${symbol.symbol} ${sort}) ; ${text}`);
    this.#symbols.push(symbol);
  }

  #path(path: string): string {
    const before = this.#known.get(path);
    if (before !== undefined) return before;
    const symbol = `known${this.#known.size}`;
    this.#known.set(path, symbol);
    this.#declare('Bool', `${path} is known`, { symbol, kind: 'known', path });
    return symbol;
  }

  #variable(name: string): SmtSymbol {
    const before = this.#named.get(name);
    if (before !== undefined) return before;
    const { source, domain } = this.#variables.get(name);
    const symbol = `v${this.#named.size}`;
    const found: SmtSymbol = FLAGS.has(source.kind)
      ? { symbol, kind: 'flag', variable: name }
      : NUMBERS.has(source.kind)
        ? { symbol, kind: 'number', variable: name }
        : { symbol, kind: 'choice', variable: name, codes: this.#codes(name) };
    this.#named.set(name, found);
    this.#declare(found.kind === 'flag' ? 'Bool' : 'Int', name, found);
    if (domain?.kind === 'range' && domain.low !== undefined) {
      this.#assert(`(>= ${symbol} ${integer(domain.low)})`);
    }
    if (found.kind === 'choice') {
      this.#assert(`(and (<= 0 ${symbol}) (< ${symbol} ${found.codes.values.length}))`);
    }
    for (const link of this.#variables.linksOf(name))
      for (const other of linked(link)) this.#variable(other);
    return found;
  }

  /** Addresses that are compared with each other count in the same numbers. */
  #codes(name: string): Codes {
    const { source, domain } = this.#variables.get(name);
    const closed = domain?.kind === 'in' ? domain.values : undefined;
    if (source.kind !== 'address') return codesOf(this.#sets.get(name) ?? [], closed, 1);
    const addresses = [...this.#variables.names()].filter(
      (other) => this.#variables.get(other).source.kind === 'address',
    );
    const sets = new Set(addresses.flatMap((other) => [...(this.#sets.get(other) ?? [])]));
    return codesOf(sets, closed, addresses.length);
  }

  #printLinks(): void {
    for (const link of this.#variables.links()) {
      if (linked(link).every((name) => this.#named.has(name))) this.#printLink(link);
    }
  }

  #printLink(link: Link): void {
    const symbol = (name: string): string => this.#variable(name).symbol;
    switch (link.kind) {
      case 'sum': {
        const { total, before, factor, added } = link;
        const sum = `(+ (* ${factor} ${symbol(before)}) ${symbol(added)})`;
        this.#assert(`(= ${symbol(total)} ${sum})`);
        return;
      }
      case 'at most':
        this.#assert(`(<= ${symbol(link.lesser)} ${symbol(link.greater)})`);
        return;
      case 'zero':
        this.#assert(`(= (= ${symbol(link.units)} 0) (= ${symbol(link.value)} 0))`);
        return;
      case 'same':
        this.#assert(`(= ${symbol(link.flag)} (= ${symbol(link.left)} ${symbol(link.right)}))`);
        return;
      default:
        for (const [network, assets] of assetsByNetwork(link.networks)) {
          const [inside, there] = [
            this.#comparison({ kind: 'in', variable: link.asset, values: assets }),
            this.#comparison({ kind: 'in', variable: link.network, values: new Set([network]) }),
          ];
          this.#assert(`(=> ${inside} ${there})`);
        }
    }
  }

  /** What is known with a fact, as in `region.ts`. */
  #printImplications(): void {
    for (const [path, symbol] of this.#known) {
      const implied = impliedBy(path);
      if (implied !== undefined) this.#assert(`(=> ${symbol} ${this.#path(implied)})`);
      const condition = this.#variables.conditions.get(path);
      if (condition !== undefined) {
        this.#assert(`(=> ${symbol} ${this.#comparison({ kind: 'in', ...condition })})`);
      }
    }
  }

  #hasTruth(formula: Formula, truths: Truths): string {
    const [isTrue, isFalse] = [this.#term(formula, true), this.#term(formula, false)];
    switch (truths) {
      case CAN_BE_TRUE:
        return isTrue;
      case CAN_BE_FALSE:
        return isFalse;
      case CAN_BE_MISSING:
        return `(and (not ${isTrue}) (not ${isFalse}))`;
      case CAN_BE_TRUE | CAN_BE_MISSING:
        return `(not ${isFalse})`;
      case CAN_BE_FALSE | CAN_BE_MISSING:
        return `(not ${isTrue})`;
      case CAN_BE_TRUE | CAN_BE_FALSE:
        return `(or ${isTrue} ${isFalse})`;
      default:
        return truths === ANY_TRUTH ? 'true' : 'false';
    }
  }

  /** That a formula is true, or that it is false; each formula is defined once. */
  #term(formula: Formula, truth: boolean): string {
    const known = this.#formulas.get(formula);
    const name = known ?? `f${this.#formulas.size}`;
    if (known === undefined) {
      const [whenTrue, whenFalse] = [this.#body(formula, true), this.#body(formula, false)];
      this.#formulas.set(formula, name);
      this.#lines.push(`(define-fun ${name}.true () Bool ${whenTrue})`);
      this.#lines.push(`(define-fun ${name}.false () Bool ${whenFalse})`);
    }
    return `${name}.${truth}`;
  }

  #body(formula: Formula, truth: boolean): string {
    switch (formula.kind) {
      case 'constant':
        return String(formula.truth === (truth ? TRUE : FALSE));
      case 'not':
        return this.#body(formula.part, !truth);
      case 'and':
      case 'or': {
        const parts = formula.parts.map((part) => this.#body(part, truth));
        return (formula.kind === 'and') === truth ? all(parts) : any(parts);
      }
      case 'if': {
        const [yes, no] = [
          this.#body(formula.condition, true),
          this.#body(formula.condition, false),
        ];
        const whenTrue = `(and ${yes} ${this.#body(formula.whenTrue, truth)})`;
        return `(or ${whenTrue} (and ${no} ${this.#body(formula.whenFalse, truth)}))`;
      }
      default: {
        const test = this.#test(formula.test);
        return all([
          ...formula.needs.map((path) => this.#path(path)),
          truth ? test : `(not ${test})`,
        ]);
      }
    }
  }

  #test(test: Test): string {
    if (isComparison(test)) return this.#comparison(test);
    const parts = test.tests.map((part) => this.#test(part));
    return test.kind === 'all' ? all(parts) : any(parts);
  }

  #comparison(comparison: Comparison): string {
    const variable = this.#variable(comparison.variable);
    if (comparison.kind !== 'in') {
      const sign = comparison.kind === 'at least' ? '>=' : '<=';
      return `(${sign} ${variable.symbol} ${integer(comparison.limit)})`;
    }
    if (variable.kind !== 'choice') return variable.symbol;
    const numbers = variable.codes.numbersOf(comparison.values);
    const key = `${variable.symbol} ${numbers.join(' ')}`;
    if (numbers.length <= 2) return membership(variable.symbol, numbers);
    const known = this.#memberships.get(key);
    if (known !== undefined) return known;
    const name = `set${this.#memberships.size}`;
    this.#memberships.set(key, name);
    this.#lines.push(`(define-fun ${name} () Bool ${membership(variable.symbol, numbers)})`);
    return name;
  }
}

const formulasIn = (clauses: readonly Clause[]): readonly Formula[] => [
  ...new Set(clauses.flatMap((clause) => clause.map(({ formula }) => formula))),
];

const all = (terms: readonly string[]): string => join('and', terms, 'true');
const any = (terms: readonly string[]): string => join('or', terms, 'false');

function join(operator: string, terms: readonly string[], empty: string): string {
  const [only, ...more] = terms;
  if (only === undefined) return empty;
  return more.length === 0 ? only : `(${operator} ${terms.join(' ')})`;
}

const integer = (value: bigint): string => (value < 0n ? `(- ${-value})` : value.toString());

/** Numbers that follow each other become a range. */
function membership(symbol: string, numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return any(
    runs.map(([low, high]) =>
      low === high ? `(= ${symbol} ${low})` : `(and (<= ${low} ${symbol}) (<= ${symbol} ${high}))`,
    ),
  );
}
