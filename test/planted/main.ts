/**
 * `npm run planted [-- --only NAME] [--at-once N]`: plants each known bug into a copy of the checkout, runs the
 * test that must fail then, and exits with 1 where one did not. Each lane has a copy of its own.
 */
import { parseArgs } from 'node:util';
import { type CheckoutCopy, copyCheckout } from './checkout-copy.ts';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.ts';

const USAGE = [
  'Usage: npm run planted [-- --only NAME[,NAME]] [--at-once N]',
  '',
  ...PLANTED_BUGS.map(({ name, catcher }) => `  ${name.padEnd(38)}${catcher}`),
].join('\n');

type Request = { readonly bugs: readonly PlantedBug[]; readonly atOnce: number };

/** The command line, or undefined where it makes no sense. */
function parseRequest(args: readonly string[]): Request | undefined {
  try {
    const options = { only: { type: 'string' }, 'at-once': { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const { only, 'at-once': atOnce = '2' } = values;
    const wanted = only?.split(',') ?? PLANTED_BUGS.map(({ name }) => name);
    const bugs = PLANTED_BUGS.filter(({ name }) => wanted.includes(name));
    if (bugs.length !== wanted.length || !/^[1-9]$/.test(atOnce)) return undefined;
    return { bugs, atOnce: Math.min(Number(atOnce), bugs.length) };
  } catch {
    // An unknown option; the usage says which there are.
    return undefined;
  }
}

async function isCaught(copy: CheckoutCopy, { name, catcher }: PlantedBug): Promise<boolean> {
  copy.plant(name);
  try {
    const { failed, tests } = await copy.failuresOf(catcher);
    const [first = `${tests} tests of ${catcher} passed`] = failed;
    console.log(`${failed.length > 0 ? 'caught' : 'MISSED'} ${name}: ${first}`);
    return failed.length > 0;
  } catch (error) {
    // No verdict is not a catch, and keeps the other bugs from none.
    console.log(`MISSED ${name}: ${(error as Error).message}`);
    return false;
  } finally {
    copy.takeOut(name);
  }
}

/** Resolves with the names of those that nothing caught. */
async function plantAll({ bugs, atOnce }: Request): Promise<readonly string[]> {
  const left = [...bugs];
  const missed: string[] = [];
  let done = 0;
  const lane = async (): Promise<void> => {
    const copy = copyCheckout();
    try {
      for (let bug = left.shift(); bug !== undefined; bug = left.shift()) {
        if (!(await isCaught(copy, bug))) missed.push(bug.name);
        done += 1;
        console.error(`planted: ${done} of ${bugs.length}`);
      }
    } finally {
      copy.remove();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return missed;
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
  const began = performance.now();
  const missed = await plantAll(request);
  const seconds = Math.round((performance.now() - began) / 1_000);
  const caught = request.bugs.length - missed.length;
  console.log(`${caught} of ${request.bugs.length} caught in ${seconds} s`);
  if (missed.length > 0) console.log(`missed: ${missed.join(', ')}`);
  return missed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
