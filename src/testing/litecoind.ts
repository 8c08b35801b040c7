/**
 * A private Litecoin chain for a test, in regtest: its own process on a free port, stopped by its id.
 * Debian's package is a full node that enforces Taproot from the first block on; where it is not
 * installed, the test is skipped with this reason.
 */
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inject } from 'vitest';
import { type Child, startChild } from '#launcher/child.ts';
import { freePort } from '#launcher/ports.ts';

export type Litecoind = {
  /** One call of its JSON-RPC interface. @throws Error with the node's message */
  call<T>(method: string, ...parameters: readonly unknown[]): Promise<T>;
  stop(): Promise<void>;
};

const PROGRAM = 'litecoind';

function locate(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders
    .map((folder) => join(folder, PROGRAM))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        // Not there, or not to be run: the next folder may have it.
        return false;
      }
    });
}

const program = locate();

/** Why tests of this chain are skipped, as the end of their name; empty where they run. */
export const litecoindMissing =
  program === undefined ? ` (skipped: ${PROGRAM} is not installed)` : '';

export async function startLitecoind(): Promise<Litecoind> {
  const folder = mkdtempSync(join(inject('testFolder'), 'countersign-litecoind-'));
  const port = await freePort();
  const call = async <T>(method: string, ...parameters: readonly unknown[]): Promise<T> => {
    // The node writes a password for local callers into its folder.
    const cookie = readFileSync(join(folder, 'regtest', '.cookie'), 'utf8');
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
      body: JSON.stringify({ method, params: parameters }),
    });
    const { result, error } = (await response.json()) as {
      result: T;
      error: { message: string } | null;
    };
    if (error !== null) throw new Error(error.message);
    return result;
  };
  const child: Child = await startChild({
    name: PROGRAM,
    command: program as string,
    args: [
      '-regtest',
      `-datadir=${folder}`,
      `-rpcport=${port}`,
      '-server',
      '-listen=0',
      '-connect=0',
      '-dnsseed=0',
      '-disablewallet',
      '-printtoconsole=0',
    ],
    // It makes a folder in its home even where another one is named.
    env: { HOME: folder },
    cwd: folder,
    endsWithParent: 'by-guard',
    ready: {
      probe: () =>
        call('getblockcount').then(
          () => true,
          () => false,
        ),
    },
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
    logFile: join(folder, 'litecoind.log'),
  });
  return {
    call,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
