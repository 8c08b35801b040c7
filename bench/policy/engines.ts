/** All that decide about the workload: ours, what people write by hand, and engines from the registry. */
import { answer, decide } from '#policy-lang/decide.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { decideWithAtoms } from '#policy-lang/explaining/trace.ts';
import { casbin } from './casbin.ts';
import { cedar } from './cedar.ts';
import { cel } from './cel.ts';
import { compileRules } from './countersign.ts';
import type { Engine } from './engine.ts';
import { type HandRequest, handIndex, handLoop, handRequest } from './hand-written.ts';
import { jsonRules } from './json-rules.ts';
import type { WorkRule } from './workload.ts';

export type OurEngine = Engine<Snapshot> & { readonly policy: CompiledPolicy };

export function countersign(rules: readonly WorkRule[]): OurEngine {
  const policy = compileRules(rules);
  return {
    name: 'countersign',
    policy,
    prepare: ({ snapshot }) => snapshot,
    decide: (snapshot) => decide(policy, snapshot).matched.map(({ rule }) => rule),
  };
}

/** The two that need no package. */
export const handWritten = (rules: readonly WorkRule[]): readonly Engine<HandRequest>[] =>
  [['hand', handLoop(rules)] as const, ['index', handIndex(rules)] as const].map(
    ([name, decideByHand]) => ({
      name,
      prepare: ({ plain }) => handRequest(plain),
      decide: decideByHand,
    }),
  );

/** Packages of other authors. Each takes its requests in its own form. */
export async function peers(rules: readonly WorkRule[]): Promise<readonly Engine<unknown>[]> {
  const all = [cedar(rules), jsonRules(rules), await casbin(rules), cel(rules)];
  return all as readonly Engine<unknown>[];
}

/** The three depths at which our engine says why. */
export const DEPTHS = {
  none: (policy: CompiledPolicy, snapshot: Snapshot) => answer(policy, snapshot),
  rule: (policy: CompiledPolicy, snapshot: Snapshot) => decide(policy, snapshot),
  full: (policy: CompiledPolicy, snapshot: Snapshot) => decideWithAtoms(policy, snapshot),
} as const;
