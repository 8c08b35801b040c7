/** `npm run demo`: the walkthrough on a real platform; exit code 0 only if every line was true. */
import { performance } from 'node:perf_hooks';
import { isPlatformError } from '#core/errors.ts';
import { LaunchError } from '#launcher/launch-error.ts';
import { isCountersignError } from '#sdk/error.ts';
import { createNarrator } from './narrator.ts';
import { enterStage } from './stage.ts';
import { perform } from './walkthrough.ts';

const HELP = `npm run demo

Walks one payment through the platform: passkeys, policy, approval, three signers, a local chain.
Uses the platform that runs on DATA_DIR (npm start), or starts one of its own on free ports and
removes it afterwards.
`;

const write = (text: string): void => void process.stdout.write(text);

async function main(): Promise<number> {
  const started = performance.now();
  const stage = await enterStage(write);
  const narrator = createNarrator(write, process.stdout.isTTY);
  try {
    await perform(stage, narrator);
  } finally {
    await stage.leave();
  }
  const { claims, broken } = narrator.summary();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  write(`\n${claims - broken.length} of ${claims} lines were true, in ${seconds} s.\n`);
  for (const claim of broken) write(`Not true: ${claim}\n`);
  return broken.length === 0 ? 0 : 1;
}

if (process.argv.includes('--help')) {
  write(HELP);
} else {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = 1;
    const isTold =
      error instanceof LaunchError || isPlatformError(error) || isCountersignError(error);
    if (!isTold) throw error;
    process.stderr.write(`countersign: ${error.message}\n`);
  }
}
