/** `npm start`: starts the platform, says where it is, and stops it in order on Ctrl-C. */
import path from 'node:path';
import { performance } from 'node:perf_hooks';

import { defaultDataDir } from './data-dir.ts';
import { LaunchError } from './launch-error.ts';
import { type Platform, startPlatform } from './platform.ts';
import { CHECKOUT } from './programs.ts';
import { summary } from './summary.ts';

/**
 * One Ctrl-C arrives up to three times: from the terminal, from npm and from the bootstrap. What
 * comes later than this is a second one.
 */
const SAME_SIGNAL_MS = 500;
const INTERRUPTED_EXIT_CODE = 130;

const write = (text: string): void => void process.stdout.write(text);

async function main(): Promise<void> {
  const abandon = new AbortController();
  let platform: Platform | undefined;
  let firstSignalAt: number | undefined;
  let stopped: Promise<void> | undefined;

  const onSignal = () => {
    const now = performance.now();
    firstSignalAt ??= now;
    if (now - firstSignalAt > SAME_SIGNAL_MS) {
      platform?.force();
      process.exit(INTERRUPTED_EXIT_CODE);
    }
    if (stopped !== undefined || abandon.signal.aborted) return;
    write('countersign: stopping; the data stays (once more: at once)\n');
    abandon.abort();
    stopped = platform?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // The bootstrap was killed: nobody can pass a signal on any more.
  process.on('disconnect', onSignal);
  process.channel?.unref();

  const dataDir = path.resolve(process.env['DATA_DIR'] || defaultDataDir(CHECKOUT));
  try {
    platform = await startPlatform({ dataDir, write, abandon: abandon.signal });
  } catch (error) {
    if (abandon.signal.aborted) return;
    throw error;
  }
  write(summary(platform));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  process.stderr.write(`countersign: ${error.message}\n`);
  process.exitCode = 1;
}
