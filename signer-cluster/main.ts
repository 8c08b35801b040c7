/**
 * One signer node as a process: `SIGNER_CONFIG=/path/node.json`. Prints one line of JSON on stdout
 * whenever it serves; logs go to stderr. With EXIT_WITH_PARENT=1 it ends when its standard input does.
 */
import process from 'node:process';
import { type NodeConfig, readConfig } from './config.ts';
import { requireHardened, surroundingsOf } from './hardening.ts';
import { type NodeLog, openLog } from './log.ts';
import { PROTOCOLS } from './schemes.ts';
import { type SealingKeySource, sealingKeySource } from './sealing-key.ts';
import { StartRefused } from './sealing.ts';
import { type StartParts, type StartedNode, startNode } from './start-node.ts';
import { type Threads, openThreads } from './threads.ts';
import { awaitRecord } from './waiting-node.ts';

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
  let { party } = config;
  const log = openLog(() => party, process.env['LOG_LEVEL'] ?? 'info');
  const threads = await threadsOf(config.threads, log);
  const life = lifeOf(config, { log, ...(threads === undefined ? {} : { threads }) }, (started) => {
    ({ party } = started);
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void life
      .end()
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
  await life.begin();
}

type Running = { stop(): Promise<void> };

/**
 * The node as it is now, and again after its operator has pinned another record. It says so on stdout
 * whenever it serves, or waits for its first record.
 */
function lifeOf(
  config: NodeConfig,
  parts: Pick<StartParts, 'log' | 'threads'>,
  onStarted: (started: StartedNode) => void,
) {
  // A source is asked once: what handed the key over may be gone.
  let key: ReturnType<SealingKeySource> | undefined;
  const source = sealingKeySource(config);
  const sealingKey = () => (key ??= source());
  let at = config;
  let now: Promise<Running> | undefined;

  async function start(): Promise<Running> {
    const all = { ...parts, protocols: PROTOCOLS, sealingKey, onJoined: beginAnew };
    const waiting = await awaitRecord(at, all);
    if (waiting !== undefined) {
      tell({ ready: false, waiting: true, port: 0 });
      return waiting;
    }
    const started = await startNode(at, all);
    const { port } = started;
    // Workers find it again where it was.
    if (at.listen !== undefined) at = { ...at, listen: { ...at.listen, port } };
    onStarted(started);
    tell({ ready: true, port });
    return started;
  }

  function beginAnew(): void {
    now = now?.then(async (running) => {
      await running.stop();
      return start();
    });
    now?.catch(fail);
  }

  return {
    async begin() {
      now = start();
      await now;
    },
    /** A node that is just starting is gone with the process. */
    end: async () => (await now?.catch(() => undefined))?.stop(),
  };
}

const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

function fail(error: unknown): void {
  if (!(error instanceof StartRefused)) throw error;
  const line = { level: 60, event: 'start refused', reason: error.message };
  process.stderr.write(`${JSON.stringify(line)}\n`);
  process.exit(1);
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
  fail(error);
}
