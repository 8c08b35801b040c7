/** One way to decide about the workload. */
import type { WorkRequest, WorkRule } from './workload.ts';

export type Engine<Prepared> = {
  readonly name: string;
  /** Requests in the form that the engine takes; preparing them is not timed. */
  readonly prepare: (request: WorkRequest) => Prepared;
  /** The rules that match, in any order. This is what is timed. */
  readonly decide: (request: Prepared) => readonly string[] | Promise<readonly string[]>;
};

/** Rules to an engine that is ready to decide: parsing and indexing are over. */
export type MakeEngine<Prepared> = (
  rules: readonly WorkRule[],
) => Engine<Prepared> | Promise<Engine<Prepared>>;
