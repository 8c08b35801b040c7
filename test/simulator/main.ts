/**
 * `npm run simulate [-- --seeds N] [--first SEED]`: plays the lives of so many seeds, and exits with 1
 * where one breaks an invariant. A finding is repeated by its seed as --first, and --seeds 1.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const USAGE = 'Usage: npm run simulate [-- --seeds N] [--first SEED]';
const SEEDS = 100_000;
const TELL_EVERY = 5_000;

/** The command line, or undefined where it makes no sense. */
function parseRequest(
  args: readonly string[],
): { readonly seeds: number; readonly first: number } | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ args: [...args], options: { seeds: text, first: text } });
    const { seeds = `${SEEDS}`, first = '0' } = values;
    if (!/^[1-9]\d{0,8}$/.test(seeds) || !/^\d{1,9}$/.test(first)) return undefined;
    return { seeds: Number(seeds), first: Number(first) };
  } catch {
    // An unknown option; the usage says which there are.
    return undefined;
  }
}

function main(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const request = parseRequest(args);
  if (request === undefined) {
    console.error(USAGE);
    return 2;
  }
  const total = { seeds: 0, broken: 0, events: 0, signatures: 0, confirmed: 0 };
  const began = performance.now();
  for (let seed = request.first; seed < request.first + request.seeds; seed += 1) {
    const { breaks, events, signatures, confirmed } = simulate(seed);
    total.seeds += 1;
    total.events += events;
    total.signatures += signatures;
    total.confirmed += confirmed;
    if (breaks.length > 0) {
      total.broken += 1;
      console.log(`seed ${seed}: ${breaks.join('; ')}`);
    }
    if (total.seeds % TELL_EVERY === 0) {
      console.error(`simulate: ${total.seeds} of ${request.seeds}, ${total.broken} broken`);
    }
  }
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(JSON.stringify({ first: request.first, ...total, seconds }));
  return total.broken === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
