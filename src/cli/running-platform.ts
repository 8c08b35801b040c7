/** The platform that runs on this machine, as its data folder tells. */
import { resolve } from 'node:path';
import { findNetwork } from '#chains/registry.ts';
import { PlatformError } from '#core/errors.ts';
import { defaultDataDir, runningPlatform } from '#launcher/data-dir.ts';
import { CHECKOUT } from '#launcher/programs.ts';
import type { Environment } from './command.ts';

export type RunningPlatform = {
  readonly url: string;
  /** Where people open it. */
  readonly origin: string;
  readonly operatorToken: string;
  /** The RPC of each local chain that it runs, by network. */
  readonly rpc: ReadonlyMap<string, string>;
};

/** @throws NOT_CONFIGURED where no platform serves on `DATA_DIR` */
export function requireRunningPlatform(env: Environment): RunningPlatform {
  const dataDir = resolve(env['DATA_DIR'] || defaultDataDir(CHECKOUT));
  const running = runningPlatform(dataDir);
  if (running === undefined) {
    throw new PlatformError('NOT_CONFIGURED', {
      reason: `no platform runs on the data folder ${dataDir}`,
      hint: 'Start one with "npm start", or name its folder with DATA_DIR.',
    });
  }
  const { url, origin, operatorToken, rpc, rpcSolana } = running;
  const chains = [
    [findNetwork('local-evm').id, rpc],
    [findNetwork('local-solana').id, rpcSolana],
  ] as const;
  return { url, origin, operatorToken, rpc: new Map(chains) };
}
