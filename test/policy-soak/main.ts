/**
 * `npm run policy-soak [-- --only ID] [--seed N] [--profile short|full] [--runs N]`: tries the
 * claims about the policy language on random cases, and exits with 1 where one does not hold. A
 * finding prints the seed and the path that repeat it.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Soak } from './soak.ts';
import { SOAKS } from './soaks.ts';

const ids = SOAKS.map(({ id, claim, runs }) => `  ${id.padEnd(14)}${claim} (${runs.full})`);
const USAGE = [
  'Usage: npm run policy-soak [-- --only ID[,ID]] [--seed N] [--profile short|full] [--runs N]',
  '',
  'Tries what must hold of the policy language on random cases:',
  ...ids,
  '',
  'Example: npm run policy-soak -- --only windows --seed 7 --runs 5000',
].join('\n');
/** Progress comes this often, and only where a soak takes longer. */
const TELL_EVERY_MS = 5_000;
const SEED_MAX = 2 ** 31 - 1;

type Request = {
  readonly soaks: readonly Soak[];
  readonly seed: number;
  readonly runsOf: (soak: Soak) => number;
};

/** The command line, or undefined where it makes no sense. */
function parseRequest(args: readonly string[]): Request | undefined {
  try {
    const text = { type: 'string' } as const;
    const options = { only: text, seed: text, profile: text, runs: text };
    const { values } = parseArgs({ args: [...args], options });
    const { only, seed = `${randomInt(SEED_MAX)}`, profile = 'full', runs } = values;
    const wanted = only?.split(',') ?? SOAKS.map(({ id }) => id);
    const soaks = SOAKS.filter(({ id }) => wanted.includes(id));
    if (soaks.length !== wanted.length) return undefined;
    if (!/^\d{1,10}$/.test(seed) || Number(seed) > SEED_MAX) return undefined;
    if (runs !== undefined && !/^[1-9]\d{0,8}$/.test(runs)) return undefined;
    if (profile !== 'short' && profile !== 'full') return undefined;
    const runsOf = (soak: Soak): number => (runs === undefined ? soak.runs[profile] : Number(runs));
    return { soaks, seed: Number(seed), runsOf };
  } catch {
    // An unknown option; the usage says which there are.
    return undefined;
  }
}

/** Runs one soak and says how it went. */
async function holds(soak: Soak, seed: number, runs: number): Promise<boolean> {
  const began = performance.now();
  let told = began;
  const finding = await soak.check({
    seed,
    runs,
    isTimed: true,
    tell(done) {
      if (done % 64 !== 0 || performance.now() - told < TELL_EVERY_MS) return;
      told = performance.now();
      console.error(`policy-soak: ${soak.id}: ${done} of ${runs}`);
    },
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  if (finding === undefined)
    console.log(`holds  ${soak.id}: ${soak.claim} (${runs}, ${seconds} s)`);
  else console.log(`FAILS  ${soak.id}: ${soak.claim}\n${finding}`);
  return finding === undefined;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const request = parseRequest(args);
  if (request === undefined) {
    console.error(USAGE);
    return 2;
  }
  console.error(`policy-soak: seed ${request.seed}`);
  let failed = 0;
  for (const soak of request.soaks) {
    if (request.runsOf(soak) === 0) continue;
    if (!(await holds(soak, request.seed, request.runsOf(soak)))) failed += 1;
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
