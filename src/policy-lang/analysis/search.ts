/**
 * The decision procedure: is there a request for which all of some clauses hold? It goes through
 * the parts of the space of requests in which each clause holds, and stops at the first that is left
 * over, or when none is. Exact as far as its budget goes; after that the answer is "unknown".
 */
import { type Formula, type Truths } from './formula.ts';
import { Region } from './region.ts';
import { coverOf, truthsIn } from './truths.ts';
import type { Variables } from './variables.ts';

/** One of these formulas has one of these truths. */
export type Clause = readonly { readonly formula: Formula; readonly truths: Truths }[];

/** Asks for a request for which every clause holds. Those that decide the most come first. */
export type Question = { readonly variables: Variables; readonly clauses: readonly Clause[] };

export type Answer =
  | { readonly kind: 'none' }
  /** For every request of the region all clauses hold, as far as the links of variables reach. */
  | { readonly kind: 'found'; readonly region: Region }
  | { readonly kind: 'unknown' };

/** Looks at a formula in a region; a few million a second. */
export const DEFAULT_BUDGET = 400_000;

class Exhausted extends Error {
  override readonly name = 'Exhausted';
}

/** `accepts` may refuse a region that is found, and the search goes on. */
export function search(
  { variables, clauses }: Question,
  budget = DEFAULT_BUDGET,
  accepts: (region: Region) => boolean = () => true,
): Answer {
  const steps = { left: budget };
  let refused = false;
  try {
    for (const region of leftOver(new Region(variables), clauses, steps)) {
      if (accepts(region)) return { kind: 'found', region };
      refused = true;
    }
    return refused ? { kind: 'unknown' } : { kind: 'none' };
  } catch (error) {
    if (error instanceof Exhausted) return { kind: 'unknown' };
    throw error;
  }
}

function* leftOver(
  region: Region,
  clauses: readonly Clause[],
  steps: { left: number },
): Generator<Region> {
  const open = openClauses(region, clauses, steps);
  if (open === undefined) return;
  const [first, ...rest] = open;
  if (first === undefined) {
    yield region;
    return;
  }
  for (const { formula, truths } of first) {
    for (const found of coverOf(region, formula, truths)) yield* leftOver(found, rest, steps);
  }
}

/** The clauses that not every request of the region fulfils; undefined where one is hopeless. */
function openClauses(
  region: Region,
  clauses: readonly Clause[],
  steps: { left: number },
): readonly Clause[] | undefined {
  const open: Clause[] = [];
  let shortest: Clause | undefined;
  for (const clause of clauses) {
    const left = openIn(region, clause, steps);
    if (left === undefined) continue;
    if (left.length === 0) return undefined;
    if (shortest === undefined || left.length < shortest.length) shortest = left;
    open.push(left);
  }
  return shortest === undefined
    ? open
    : [shortest, ...open.filter((clause) => clause !== shortest)];
}

/** The alternatives that can still hold; undefined where one holds anyway. */
function openIn(region: Region, clause: Clause, steps: { left: number }): Clause | undefined {
  const left: Clause[number][] = [];
  for (const alternative of clause) {
    if (steps.left-- <= 0) throw new Exhausted();
    const possible = truthsIn(region, alternative.formula);
    if ((possible & alternative.truths) === 0) continue;
    if ((possible & ~alternative.truths) === 0) return undefined;
    left.push(alternative);
  }
  return left.length === clause.length ? clause : left;
}
