/**
 * `npm run accept -- [--only ID] [--seed N] [--profile quick|full] [--at-once N] [--report FILE] [--raw FILE]`:
 * plays the acceptance runs, each on processes of its own, and prints a line for each.
 */
import { randomInt } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type AcceptRun,
  exitCodeOf,
  judge,
  type Outcome,
  type Profile,
  PROFILES,
  summaryOf,
} from './accept-run.ts';
import { commitOf, NO_SAMPLES, openRawSamples, type RawSamples } from './raw-samples.ts';
import { RUNS } from './runs.ts';

const SEED_MAX = 2 ** 31 - 1;
const LOOK_AGAIN_MS = 1_000;
const CHECKOUT = path.resolve(import.meta.dirname, '..', '..');

const USAGE = [
  'Usage: npm run accept -- [--only ID[,ID]] [--seed N] [--profile quick|full] [--at-once N]',
  '                         [--report FILE] [--raw FILE [--resume]] [--yield-to FILE]',
  '',
  'Starts real processes, and talks to them through their public interfaces alone:',
  ...RUNS.map(({ id, claim, play }) => {
    return `  ${id.padEnd(6)}${claim}${typeof play === 'function' ? '' : ' (not yet)'}`;
  }),
  '',
  'Prints PASS, FAIL or NOT RUN for each, and ends with 0 where all passed, 1 where one failed,',
  '2 where none failed and one was not run. Plays --at-once of them at the same time (1), and writes',
  'what came of them to the --report as JSON, and what they saw to the file --raw, a JSON line for each',
  'observation. With --resume a long run that was cut goes on after the last slice which that file has,',
  'at the same commit with the same seed; between slices it waits while the file --yield-to exists.',
].join('\n');

type Request = {
  readonly runs: readonly AcceptRun[];
  readonly seed: string;
  readonly profile: Profile;
  readonly atOnce: number;
  readonly report: string | undefined;
  readonly raw: string | undefined;
  readonly resume: boolean;
  readonly yieldTo: string | undefined;
};

/** The command line, or undefined where it makes no sense. */
export function parseRequest(args: readonly string[]): Request | undefined {
  try {
    const text = { type: 'string' } as const;
    const lanesAndFiles = { 'at-once': text, report: text, raw: text, 'yield-to': text };
    const resuming = { resume: { type: 'boolean' } } as const;
    const options = { only: text, seed: text, profile: text, ...lanesAndFiles, ...resuming };
    const { values } = parseArgs({ args: [...args], options });
    const { only, seed = `${randomInt(SEED_MAX)}`, 'at-once': lanes = '1', report, raw } = values;
    const { resume = false, 'yield-to': yieldTo } = values;
    const wanted = only?.split(',') ?? RUNS.map(({ id }) => id);
    const runs = RUNS.filter(({ id }) => wanted.includes(id));
    const profile = PROFILES.find((each) => each === (values.profile ?? 'quick'));
    if (runs.length !== wanted.length || profile === undefined) return undefined;
    if (!/^\d{1,10}$/.test(seed) || !/^[1-9]$/.test(lanes)) return undefined;
    if (resume && (raw === undefined || values.seed === undefined)) return undefined;
    return { runs, seed, profile, atOnce: Number(lanes), report, raw, resume, yieldTo };
  } catch {
    // An unknown option; the usage says which there are.
    return undefined;
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const request = parseRequest(args);
  if (request === undefined) {
    console.error(USAGE);
    return 1;
  }
  console.error(`accept: seed ${request.seed}, profile ${request.profile}`);
  const began = performance.now();
  const samples = samplesOf(request, args);
  const outcomes = await playAll(request, samples);
  samples.close();
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(`${summaryOf(outcomes)} in ${seconds} s`);
  if (request.report !== undefined) writeFileSync(request.report, JSON.stringify(outcomes));
  return exitCodeOf(outcomes);
}

function samplesOf({ raw, resume, seed, profile }: Request, args: readonly string[]): RawSamples {
  if (raw === undefined) return NO_SAMPLES;
  return openRawSamples(raw, { seed, profile, commit: commitOf(CHECKOUT) }, args, resume);
}

async function untilGone(file: string): Promise<void> {
  while (existsSync(file)) await pause(LOOK_AGAIN_MS);
}

/** In the order of the plan, so many at a time. */
async function playAll(request: Request, samples: RawSamples): Promise<readonly Outcome[]> {
  const { runs, seed, profile, atOnce, yieldTo } = request;
  const outcomes: Outcome[] = [];
  const left = [...runs];
  const lane = async (): Promise<void> => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) {
      const { id } = run;
      const outcome = await judge(run, {
        profile,
        seed,
        tell: (line) => console.error(`accept: ${id}: ${line}`),
        sample: (kind, observed) => samples.write(id, kind, observed),
        earlier: (kind) => samples.earlier(id, kind),
        mayGoOn: async () => {
          if (yieldTo !== undefined) await untilGone(yieldTo);
        },
      });
      console.log(outcome.line);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return outcomes;
}

// What a run has left open by mistake must not keep the command, and a check that waits for it, from its end.
process.exit(await main(process.argv.slice(2)));
