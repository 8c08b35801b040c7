/** Runs cases and says what went otherwise than it must. */
import { isDeepStrictEqual } from 'node:util';
import type { PartyId } from '#signing/kernel.ts';
import { type Run, endOf } from '#signing/simulator.ts';
import { type Case, caseOf, targetsOf } from './cases.ts';
import type { Subject } from './subject.ts';

export type Report = {
  readonly seed: string;
  readonly cases: number;
  /** How many fields and messages were aimed at. */
  readonly targets: number;
  /** Sentences, at most one for each case; empty where all is well. */
  readonly failures: readonly string[];
};

/** What an honest party may not end with, or undefined. */
function faultOf(one: Case, run: Run<unknown>, party: PartyId): string | undefined {
  const outcome = run.outcomes.get(party);
  const end = endOf(run, party);
  const expected = one.ends.get(party)?.replace('#', `${one.culprit}`);
  if (outcome?.kind === 'output') {
    if (expected !== undefined) return `party ${party} has an output`;
    const isOwn = isDeepStrictEqual(outcome.output, one.subject.outputs.get(party));
    return isOwn ? undefined : `party ${party} has another output than it must`;
  }
  if (outcome?.kind === 'abort') {
    const { kind, culprits } = outcome.abort;
    const isSlander = kind === 'cheat' && culprits.some((named) => named !== one.culprit);
    if (isSlander) return `party ${party} blames the innocent: ${end}`;
  }
  const isRight = expected === undefined || end === expected;
  return isRight ? undefined : `party ${party}: ${end}, not ${expected}`;
}

function judge(one: Case): string | undefined {
  try {
    const run = one.subject.attack(one.culprit, one.faults);
    const honest = one.subject.parties.filter((party) => party !== one.culprit);
    return honest.map((party) => faultOf(one, run, party)).find((fault) => fault !== undefined);
  } catch (error) {
    // A case that throws is a finding, not the end of the search.
    return `a crash: ${String(error)}, ${String((error as Error).cause)}`;
  }
}

/** Runs the cases from `first` on. */
export function runCases(p: {
  readonly subjects: readonly Subject[];
  readonly seed: string;
  readonly first: number;
  readonly cases: number;
  readonly tell?: (done: number) => void;
}): Report {
  const targets = targetsOf(p.subjects);
  const failures: string[] = [];
  for (let index = p.first; index < p.first + p.cases; index++) {
    const one = caseOf(p.seed, targets, index);
    const fault = judge(one);
    if (fault !== undefined) failures.push(`case ${index}, ${one.name}: ${fault}`);
    p.tell?.(index - p.first + 1);
  }
  return { seed: p.seed, cases: p.cases, targets: targets.length, failures };
}
