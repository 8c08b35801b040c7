/**
 * `npm run accept -- [--only ID] [--seed N] [--profile quick|full]`: plays the acceptance runs one after
 * the other, each on processes of its own, and prints a line for each.
 */
import { randomInt } from 'node:crypto';
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
import { RUNS } from './runs.ts';

const SEED_MAX = 2 ** 31 - 1;

const USAGE = [
  'Usage: npm run accept -- [--only ID[,ID]] [--seed N] [--profile quick|full]',
  '',
  'Starts real processes, and talks to them through their public interfaces alone:',
  ...RUNS.map(({ id, claim, play }) => {
    return `  ${id.padEnd(6)}${claim}${typeof play === 'function' ? '' : ' (not yet)'}`;
  }),
  '',
  'Prints PASS, FAIL or NOT RUN for each, and ends with 0 where all passed, 1 where one failed,',
  '2 where none failed and one was not run.',
].join('\n');

type Request = {
  readonly runs: readonly AcceptRun[];
  readonly seed: string;
  readonly profile: Profile;
};

/** The command line, or undefined where it makes no sense. */
export function parseRequest(args: readonly string[]): Request | undefined {
  try {
    const text = { type: 'string' } as const;
    const options = { only: text, seed: text, profile: text };
    const { values } = parseArgs({ args: [...args], options });
    const { only, seed = `${randomInt(SEED_MAX)}` } = values;
    const wanted = only?.split(',') ?? RUNS.map(({ id }) => id);
    const runs = RUNS.filter(({ id }) => wanted.includes(id));
    const profile = PROFILES.find((each) => each === (values.profile ?? 'quick'));
    if (runs.length !== wanted.length || profile === undefined) return undefined;
    if (!/^\d{1,10}$/.test(seed)) return undefined;
    return { runs, seed, profile };
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
  const { runs, seed, profile } = request;
  console.error(`accept: seed ${seed}, profile ${profile}`);
  const outcomes: Outcome[] = [];
  for (const run of runs) {
    const tell = (line: string): void => console.error(`accept: ${run.id}: ${line}`);
    const outcome = await judge(run, { profile, seed, tell });
    console.log(outcome.line);
    outcomes.push(outcome);
  }
  console.log(summaryOf(outcomes));
  return exitCodeOf(outcomes);
}

process.exitCode = await main(process.argv.slice(2));
