/**
 * `npm run planted [-- --only NAME]`: plants each known bug into a copy of the checkout, runs the test
 * that must fail then, and exits with 1 where one did not.
 */
import { parseArgs } from 'node:util';
import { copyCheckout } from './checkout-copy.ts';
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.ts';

const USAGE = [
  'Usage: npm run planted [-- --only NAME[,NAME]]',
  '',
  ...PLANTED_BUGS.map(({ name, catcher }) => `  ${name.padEnd(38)}${catcher}`),
].join('\n');

/** The bugs of the command line, or undefined where it makes no sense. */
function parseRequest(args: readonly string[]): readonly PlantedBug[] | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' } } });
    const wanted = values.only?.split(',') ?? PLANTED_BUGS.map(({ name }) => name);
    const bugs = PLANTED_BUGS.filter(({ name }) => wanted.includes(name));
    return bugs.length === wanted.length ? bugs : undefined;
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
  const bugs = parseRequest(args);
  if (bugs === undefined) {
    console.error(USAGE);
    return 2;
  }
  const copy = copyCheckout();
  let caught = 0;
  try {
    for (const { name, catcher } of bugs) {
      copy.plant(name);
      const { failed, tests } = await copy.failuresOf(catcher);
      copy.takeOut(name);
      if (failed.length > 0) caught += 1;
      const [first = `${tests} tests of ${catcher} passed`] = failed;
      console.log(`${failed.length > 0 ? 'caught' : 'MISSED'} ${name}: ${first}`);
    }
  } finally {
    copy.remove();
  }
  console.log(`${caught} of ${bugs.length} caught`);
  return caught === bugs.length ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
