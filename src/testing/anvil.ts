/** A private local chain for a test: its own process on a free port, stopped by its id. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { locateAnvil } from '#launcher/anvil.ts';
import { type Child, startChild } from '#launcher/child.ts';

const LISTENING = /Listening on (127\.0\.0\.1:\d+)/;

export type Anvil = {
  readonly url: string;
  readonly pid: number;
  /** Orderly: a chain with a state file writes it before it goes. */
  stop(): Promise<void>;
};

export type AnvilOptions = {
  /** The chain's blocks and balances survive a restart in this file. */
  readonly stateFile?: string;
  readonly chainId?: number;
  /** Where its log lies; by default in the folder of the test run. */
  readonly parent?: string;
};

export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { stateFile, chainId = 31_337 } = options;
  const folder = mkdtempSync(join(options.parent ?? inject('testFolder'), 'countersign-anvil-'));
  const logFile = join(folder, 'anvil.log');
  const state = stateFile === undefined ? [] : ['--state', stateFile, '--state-interval', '1'];
  const address = (): string | undefined =>
    existsSync(logFile) ? LISTENING.exec(readFileSync(logFile, 'utf8'))?.[1] : undefined;
  const child: Child = await startChild({
    name: 'anvil',
    command: locateAnvil(),
    args: ['--port', '0', '--chain-id', String(chainId), ...state],
    env: {},
    cwd: folder,
    endsWithParent: 'by-guard',
    ready: { probe: async () => address() !== undefined },
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    logFile,
  });
  return {
    url: `http://${address()}`,
    pid: child.identity.pid,
    stop: async () => {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
