/**
 * One signer node as a process: `SIGNER_CONFIG=/path/node.json`. Prints one line of JSON on stdout
 * when it serves; logs go to stderr. With EXIT_WITH_PARENT=1 it ends when its standard input does.
 */
import process from 'node:process';
import { readConfig } from './config.ts';
import { requireHardened, surroundingsOf } from './hardening.ts';
import { type NodeLog, openLog } from './log.ts';
import { PROTOCOLS } from './schemes.ts';
import { sealingKeySource } from './sealing-key.ts';
import { StartRefused } from './sealing.ts';
import { startNode } from './start-node.ts';
import { type Threads, openThreads } from './threads.ts';

async function main(): Promise<void> {
  requireHardened(await surroundingsOf(process));
  const path = process.env['SIGNER_CONFIG'];
  if (path === undefined) throw new StartRefused('SIGNER_CONFIG must name the node.json');
  const written = await readConfig(path);
  const port = process.env['PORT'];
  const prices = process.env['PRICES'];
  const config = {
    ...written,
    ...(prices === undefined ? {} : { prices }),
    ...(port === undefined || written.listen === undefined
      ? {}
      : { listen: { ...written.listen, port: Number(port) } }),
  };
  const log = openLog(config.party, process.env['LOG_LEVEL'] ?? 'info');
  const sealingKey = sealingKeySource(config);
  const threads = await threadsOf(config.threads, log);
  const parts = { protocols: PROTOCOLS, sealingKey, log };
  const started = await startNode(config, threads === undefined ? parts : { ...parts, threads });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void started
      .stop()
      .then(() => threads?.stop())
      .then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (process.env['EXIT_WITH_PARENT'] === '1') {
    process.stdin.once('end', stop);
    process.stdin.once('close', stop);
    process.stdin.resume();
  }
  process.stdout.write(`${JSON.stringify({ ready: true, port: started.port })}\n`);
}

async function threadsOf(count: number, log: NodeLog): Promise<Threads | undefined> {
  if (count === 0) return undefined;
  const threads = await openThreads({ count, onLost: (error) => log.bug('thread lost', error) });
  log.info('threads run', { threads: count });
  return threads;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StartRefused)) throw error;
  process.stderr.write(
    `${JSON.stringify({ level: 60, event: 'start refused', reason: error.message })}\n`,
  );
  process.exitCode = 1;
}
