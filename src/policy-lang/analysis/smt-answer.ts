/** A solver's model as the region of all requests that look the same to every condition. */
import type { Domain } from './domain.ts';
import { domainOf, outsideOf } from './domain.ts';
import { comparisonsOf } from './formula.ts';
import { Region } from './region.ts';
import type { Question } from './search.ts';
import type { SmtQuestion, SmtSymbol } from './smt.ts';
import { YES } from './variables.ts';

/** The text that asks a solver for its answer and the values of all symbols. */
export const smtRequest = ({ text, symbols }: SmtQuestion): string => {
  const values =
    symbols.length === 0 ? '' : `(get-value (${symbols.map(({ symbol }) => symbol).join(' ')}))\n`;
  return `${text}(check-sat)\n${values}`;
};

export type SolverAnswer =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'unknown'; readonly reason: string };

const VALUE = /\((\w+) (true|false|\d+|\(- \d+\))\)/g;

/** Reads `sat` and values, `unsat` or anything else. Nothing but a clear answer is one. */
export function readAnswer(text: string): SolverAnswer {
  const [verdict = '', ...rest] = text.trim().split('\n');
  if (verdict === 'unsat') return { kind: 'none' };
  if (verdict !== 'sat')
    return { kind: 'unknown', reason: `the solver says "${verdict.slice(0, 80)}"` };
  const values = new Map(
    [...rest.join('\n').matchAll(VALUE)].map(([, name = '', value = '']) => [
      name,
      value.startsWith('(') ? `-${value.slice(3, -1)}` : value,
    ]),
  );
  return { kind: 'found', values };
}

/** Undefined: the values contradict the variables, which is a fault of the encoding. */
export function regionOf(
  { variables, clauses }: Question,
  { symbols }: SmtQuestion,
  values: ReadonlyMap<string, string>,
): Region | undefined {
  let region: Region | undefined = new Region(variables);
  const numbers = new Map<string, bigint>();
  // Facts that are known first: they bring others with them.
  for (const wanted of ['true', 'false']) {
    for (const found of symbols) {
      if (found.kind !== 'known' || values.get(found.symbol) !== wanted) continue;
      region = region?.know(found.path, wanted === 'true');
    }
  }
  for (const found of symbols) {
    const value = values.get(found.symbol);
    if (value === undefined || found.kind === 'known') continue;
    if (found.kind === 'number') numbers.set(found.variable, BigInt(value));
    else region = region?.narrow(found.variable, choiceOf(found, value));
  }
  const compared = new Set(clauses.flatMap((clause) => clause.map(({ formula }) => formula)));
  for (const formula of compared) {
    for (const comparison of comparisonsOf(formula)) {
      const number = numbers.get(comparison.variable);
      if (number === undefined || comparison.kind === 'in') continue;
      const holds =
        comparison.kind === 'at least' ? number >= comparison.limit : number <= comparison.limit;
      const domain = holds ? domainOf(comparison) : outsideOf(comparison);
      region = region?.narrow(comparison.variable, domain);
    }
  }
  return region;
}

function choiceOf(symbol: SmtSymbol, value: string): Domain {
  if (symbol.kind !== 'choice') return { kind: value === 'true' ? 'in' : 'out', values: YES };
  const { values } = symbol.codes;
  const chosen = values[Number(value)];
  if (chosen !== undefined) return { kind: 'in', values: new Set([chosen]) };
  return { kind: 'out', values: new Set(values.flatMap((known) => known ?? [])) };
}
