/**
 * The worker process: it carries transfers to the chain and has keys made. It listens on no port.
 */
import process from 'node:process';
import { checkAtStart } from '#workflow/chain-history.ts';
import { startWorker } from '#workflow/run-jobs.ts';
import { ConfigError, parseConfig } from './config.ts';
import { announceReady, stopOnSignal } from './lifetime.ts';
import { openLog } from './log.ts';
import { openServices } from './open-services.ts';
import { tellSingleSources } from './single-sources.ts';

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = openLog('worker', config.logLevel);
  tellSingleSources(config.rpc, log);
  const opened = await openServices(config, log);
  // The launcher shows them to the person who started it.
  const alarms = await checkAtStart(opened.services);
  process.stdout.write(`${JSON.stringify({ alarms })}\n`);
  const worker = await startWorker(opened.services, opened.queue);
  stopOnSignal(config.exitWithParent, async () => {
    await worker.stop();
    await opened.close();
  });
  announceReady(0);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
