/** Runs of the fault plan of which most happens in this process: lives, changed messages, altered logs. */
import { attack, faultOf } from '#bench/audit/attack.ts';
import { makeLog } from '#bench/audit/log.ts';
import { runCases } from '#test/mutations/judge.ts';
import { SUBJECTS } from '#test/mutations/subjects.ts';
import { simulate } from '#test/simulator/simulate.ts';
import type { Findings, Setting } from './accept-run.ts';
import { abusePorts } from './port-abuse.ts';
import { playSlices, type Slice } from './slices.ts';

const SEEDS = { quick: 2_000, full: 100_000 } as const;
const SEEDS_OF_A_SLICE = 1_000;
const LOGS = {
  quick: { entries: 9_000, tamperings: 50 },
  full: { entries: 100_000, tamperings: 1_000 },
} as const;
const CHECKPOINT_EVERY = 1_000;
const CASES = {
  quick: { changed: 800, frames: 150, sessions: 110 },
  full: { changed: 10_000, frames: 3_000, sessions: 2_000 },
} as const;

/** F-14, from the seed upwards. */
export async function lives(setting: Setting): Promise<Findings> {
  const count = SEEDS[setting.profile];
  const first = Number(setting.seed);
  const { counts, breaks } = await playSlices(setting, count / SEEDS_OF_A_SLICE, async (slice) =>
    livesFrom(first + slice * SEEDS_OF_A_SLICE),
  );
  return { figures: { seeds: count, first, ...counts, broken: breaks.length }, breaks };
}

function livesFrom(first: number): Slice {
  const breaks: string[] = [];
  const counts = { events: 0, signatures: 0 };
  for (let each = first; each < first + SEEDS_OF_A_SLICE; each += 1) {
    const life = simulate(each);
    counts.events += life.events;
    counts.signatures += life.signatures;
    breaks.push(...life.breaks.map((broken) => `seed ${each}: ${broken}`));
  }
  return { counts, breaks };
}

/** F-07: every message of the protocols changed, here; then messages to the ports of started nodes. */
export async function changedMessages({ profile, seed, tell, sample }: Setting): Promise<Findings> {
  const { changed, frames, sessions } = CASES[profile];
  const { failures } = runCases({
    subjects: SUBJECTS,
    seed,
    first: 0,
    cases: changed,
    tell(done) {
      if (done % 500 === 0) tell(`${done} of ${changed} in the protocols`);
    },
  });
  const abuse = await abusePorts(seed, { frames, sessions }, sample);
  return {
    figures: {
      'in-protocols': changed,
      protocols: SUBJECTS.length,
      'at-ports': abuse.frames + abuse.sessions,
      kinds: abuse.kinds,
      refusals: abuse.refusals,
      'sessions-altered': abuse.altered,
      'sessions-signed': abuse.signed,
      'bad-signatures': failures.length + abuse.breaks.length,
    },
    breaks: [...failures, ...abuse.breaks],
  };
}

/** F-13: a log as it is exported, and what somebody does to it who owns the database. */
export async function alteredLogs({ profile, seed, tell, sample }: Setting): Promise<Findings> {
  const { entries, tamperings } = LOGS[profile];
  const log = makeLog(entries, CHECKPOINT_EVERY);
  const last = log.at(-1);
  const fault = faultOf(log, last?.kind === 'checkpoint' ? [last.note] : []);
  const { detected, missed } = attack(log, tamperings, Number(seed), (done, tampering) => {
    sample('tampering', tampering);
    if (done % 50 === 0) tell(`${done} of ${tamperings}`);
  });
  const untouched = fault === undefined ? [] : [`the untouched log: ${fault.reason}`];
  return { figures: { entries, tamperings, detected }, breaks: [...untouched, ...missed] };
}
