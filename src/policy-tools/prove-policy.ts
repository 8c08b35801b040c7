/**
 * Answers questions about policies with everything there is: the procedure without a solver first, a
 * solver where that gives up, and what was found decided again by the evaluator.
 */
import { pointsAround } from '#policy-lang/analysis/cells.ts';
import {
  type Verdict,
  type Way,
  exampleIn,
  questionOf,
  tryWay,
} from '#policy-lang/analysis/prove.ts';
import { snapshotOf } from '#policy-lang/analysis/request.ts';
import { readAnswer, regionOf, smtRequest } from '#policy-lang/analysis/smt-answer.ts';
import { smtQuestion } from '#policy-lang/analysis/smt.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { Solver } from './solver.ts';
import type { SolverLimit } from './solver-worker.ts';

export type ProveOptions = {
  /** For each question. */
  readonly limit: SolverLimit;
  /** Looks at formulas before the solver is asked; see `search.ts`. */
  readonly budget?: number;
  /** Absent: none is asked. */
  readonly solver?: Solver;
};

/** How the answer was found. */
export type Method = 'cases' | 'solver';

export type Answered = Verdict & { readonly method: Method };

/** Requests around the limits that are decided before a proof is believed; each costs its facts. */
const CELLS_MAX = 2_000;
const FACTS_MAX = 50_000;

/** The first request that breaks the claim ends it; it holds where every way is ruled out. */
export async function answer(ways: readonly Way[], options: ProveOptions): Promise<Answered> {
  let method: Method = 'cases';
  let open: Answered | undefined;
  for (const way of ways) {
    const verdict = await answerWay(way, options);
    if (verdict.method === 'solver') method = 'solver';
    if (verdict.kind === 'broken') return verdict;
    if (verdict.kind === 'unknown') open = verdict;
  }
  return open ?? { kind: 'proved', method };
}

async function answerWay(way: Way, options: ProveOptions): Promise<Answered> {
  const own = tryWay(way, options.budget);
  const verdict: Answered =
    own.kind === 'unknown' && options.solver !== undefined
      ? await askSolver(way, options.solver, options.limit)
      : { ...own, method: 'cases' };
  if (verdict.kind !== 'proved') return verdict;
  const contradiction = requestAround(way);
  if (contradiction === undefined) return verdict;
  return {
    kind: 'unknown',
    method: verdict.method,
    reason: 'internal error: a request around the limits contradicts the proof',
  };
}

const unknown = (reason: string): Answered => ({ kind: 'unknown', method: 'solver', reason });

/** Asks the solver alone; it is not believed before the evaluator has agreed. */
export async function askSolver(way: Way, solver: Solver, limit: SolverLimit): Promise<Answered> {
  const question = questionOf(way);
  const smt = smtQuestion(question);
  const reply = await solver.ask(smtRequest(smt), limit);
  if (reply.kind === 'failed') return unknown(reply.reason);
  const found = readAnswer(reply.text);
  if (found.kind === 'none') return { kind: 'proved', method: 'solver' };
  if (found.kind === 'unknown') return unknown(found.reason);
  const region = regionOf(question, smt, found.values);
  const example = region && exampleIn(region, way);
  if (example !== undefined) {
    return { kind: 'broken', method: 'solver', example, reason: 'a request breaks it.' };
  }
  return unknown("the evaluator does not agree with the solver's example");
}

/** A request that breaks a claim which was proved: a fault of the proof. */
function requestAround({ model, assets, clauses, isBroken }: Way): Snapshot | undefined {
  const facts = [...model.variables.names()].length;
  const cells = Math.min(CELLS_MAX, Math.ceil(FACTS_MAX / Math.max(1, facts)));
  for (const point of pointsAround(model, assets, clauses, cells)) {
    const snapshot = snapshotOf(model, point);
    if (isBroken(snapshot)) return snapshot;
  }
  return undefined;
}
