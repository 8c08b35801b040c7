/**
 * `npm run mutations [-- --cases N] [--seed TEXT] [--first N]`: changes fields and messages of every
 * protocol, one at a time, and exits with 1 where a session does not end as it must. A finding is
 * repeated by its seed, its number as --first, and --cases 1.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { hex } from '#core/bytes.ts';
import { runCases } from './judge.ts';
import { SUBJECTS } from './subjects.ts';

const USAGE = 'Usage: npm run mutations [-- --cases N] [--seed TEXT] [--first N]';
const CASES = 10_000;
const TELL_EVERY = 1_000;

type Request = { readonly seed: string; readonly first: number; readonly cases: number };

/** The command line, or undefined where it makes no sense. */
function parseRequest(args: readonly string[]): Request | undefined {
  try {
    const text = { type: 'string' } as const;
    const options = { cases: text, seed: text, first: text };
    const { values } = parseArgs({ args: [...args], options });
    const { cases = `${CASES}`, seed = hex(randomBytes(8)), first = '0' } = values;
    if (!/^[1-9]\d{0,8}$/.test(cases) || !/^\d{1,9}$/.test(first)) return undefined;
    return { seed, first: Number(first), cases: Number(cases) };
  } catch {
    // An unknown option; the usage says which there are.
    return undefined;
  }
}

function main(args: readonly string[]): number {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const request = parseRequest(args);
  if (request === undefined) {
    console.error(USAGE);
    return 2;
  }
  console.error(`mutations: seed ${request.seed}`);
  const report = runCases({
    ...request,
    subjects: SUBJECTS,
    tell(done) {
      if (done % TELL_EVERY === 0) console.error(`mutations: ${done} of ${request.cases}`);
    },
  });
  const protocols = SUBJECTS.map(({ name }) => name);
  console.log(JSON.stringify({ ...report, protocols }));
  return report.failures.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
