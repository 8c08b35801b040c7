/** Where the demo plays: a platform that runs already, or one of its own that leaves nothing behind. */
import path from 'node:path';
import { defaultDataDir, runningPlatform } from '#launcher/data-dir.ts';
import { startPassingPlatform } from '#launcher/passing-platform.ts';
import { CHECKOUT } from '#launcher/programs.ts';

export type Stage = {
  readonly url: string;
  /** The origin of people's passkeys. */
  readonly origin: string;
  /** The RPC of `local-evm`: funds are handed out and balances read there, not at the gateway. */
  readonly rpc: string;
  /** The same of `local-solana`. */
  readonly rpcSolana: string;
  readonly operatorToken: string;
  readonly isOwn: boolean;
  leave(): Promise<void>;
};

/** @throws LaunchError when nothing runs and nothing can be started */
export async function enterStage(write: (text: string) => void): Promise<Stage> {
  const dataDir = path.resolve(process.env['DATA_DIR'] || defaultDataDir(CHECKOUT));
  const running = runningPlatform(dataDir);
  if (running !== undefined) {
    write(`Using the platform that runs at ${running.url}.\n`);
    return { ...running, isOwn: false, leave: async () => undefined };
  }
  write('No platform runs here, so the demo starts one of its own.\n');
  const own = await startPassingPlatform('demo', write);
  const { url, origin, rpc, rpcSolana, operatorToken, leave } = own;
  return { url, origin, rpc, rpcSolana, operatorToken, isOwn: true, leave };
}
