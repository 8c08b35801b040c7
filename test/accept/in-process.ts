/** Runs of the fault plan that need no process of their own: lives, changed messages, altered logs. */
import { attack, faultOf } from '#bench/audit/attack.ts';
import { makeLog } from '#bench/audit/log.ts';
import { runCases } from '#test/mutations/judge.ts';
import { SUBJECTS } from '#test/mutations/subjects.ts';
import { simulate } from '#test/simulator/simulate.ts';
import type { Findings, Setting } from './accept-run.ts';

const SEEDS = { quick: 2_000, full: 100_000 } as const;
const LOGS = {
  quick: { entries: 9_000, tamperings: 50 },
  full: { entries: 100_000, tamperings: 1_000 },
} as const;
const CHECKPOINT_EVERY = 1_000;
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

/** F-13: a log as it is exported, and what somebody does to it who owns the database. */
export async function alteredLogs({ profile, seed, tell }: Setting): Promise<Findings> {
  const { entries, tamperings } = LOGS[profile];
  const log = makeLog(entries, CHECKPOINT_EVERY);
  const last = log.at(-1);
  const fault = faultOf(log, last?.kind === 'checkpoint' ? [last.note] : []);
  const { detected, missed } = attack(log, tamperings, Number(seed), (done) => {
    if (done % 50 === 0) tell(`${done} of ${tamperings}`);
  });
  const untouched = fault === undefined ? [] : [`the untouched log: ${fault.reason}`];
  return { figures: { entries, tamperings, detected }, breaks: [...untouched, ...missed] };
}
