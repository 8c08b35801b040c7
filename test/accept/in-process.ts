/** Runs of the fault plan that need no process of their own: seeds of the simulator, changed messages. */
import { runCases } from '#test/mutations/judge.ts';
import { SUBJECTS } from '#test/mutations/subjects.ts';
import { simulate } from '#test/simulator/simulate.ts';
import type { Findings, Setting } from './accept-run.ts';

const SEEDS = { quick: 2_000, full: 100_000 } as const;
const CASES = { quick: 1_000, full: 5_000 } as const;

/** F-14, from the seed upwards. */
export async function lives({ profile, seed }: Setting): Promise<Findings> {
  const count = SEEDS[profile];
  const first = Number(seed);
  const breaks: string[] = [];
  let events = 0;
  let signatures = 0;
  for (let each = first; each < first + count; each += 1) {
    const life = simulate(each);
    events += life.events;
    signatures += life.signatures;
    breaks.push(...life.breaks.map((broken) => `seed ${each}: ${broken}`));
  }
  return { figures: { seeds: count, first, events, signatures, broken: breaks.length }, breaks };
}

/** F-07. */
export async function changedMessages({ profile, seed, tell }: Setting): Promise<Findings> {
  const cases = CASES[profile];
  const { failures } = runCases({
    subjects: SUBJECTS,
    seed,
    first: 0,
    cases,
    tell(done) {
      if (done % 500 === 0) tell(`${done} of ${cases}`);
    },
  });
  return {
    figures: { cases, protocols: SUBJECTS.length, 'bad-signatures': failures.length },
    breaks: failures,
  };
}
