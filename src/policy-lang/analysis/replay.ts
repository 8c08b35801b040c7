/** Decides what the analysis found once more, with the evaluator that decides in production. */
import { decideProgram } from '#policy-lang/decide.ts';
import type { Decision } from '#policy-lang/decision.ts';
import { type Program, linkProgram } from '#policy-lang/deciding/program.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { RuleSet } from './model.ts';

export type Replay = (snapshot: Snapshot) => Decision;

/**
 * A policy as if it were in force at any time: two versions that are compared may follow each other.
 */
export function replayOf({ header, rules, linked }: RuleSet): Replay {
  const policy = { hash: '', version: header.version };
  let program: Program | undefined;
  return (snapshot) => {
    program ??= linkProgram({ header, rules, tests: [], linked, policy });
    const inForce = { ...header, effective: { from: snapshot.now } };
    return decideProgram({ ...program, header: inForce }, snapshot);
  };
}
