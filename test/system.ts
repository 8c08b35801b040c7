/** The whole platform of one test file: its own processes, and a chain behind a gate. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';
import { deployTestUsdc } from '#chains/evm/local.ts';
import { presentFormat } from '#launcher/data-format.ts';
import { type Platform, startPlatform } from '#launcher/platform.ts';
import type { NodeFile } from '#signer-cluster/config.ts';
import { provisionCommittee } from '#signer-cluster/provision.ts';
import { type Anvil, startAnvil } from '#testing/anvil.ts';
import { removeFolder } from '#testing/run-folder.ts';
import { type ChainGate, openChainGate } from './chain-gate.ts';
import { openScreeningProvider, type ScreeningProvider } from './screening-provider.ts';

export type System = {
  readonly platform: Platform;
  /** The chain itself; the platform's processes reach it through the gate only. */
  readonly chain: Anvil;
  readonly gate: ChainGate;
  /** Whom the platform asks about payments, where a policy does; the nodes trust its key. */
  readonly screening: ScreeningProvider;
  /** Resolves when the gateway serves and its database answers. */
  ready(): Promise<void>;
  close(): Promise<void>;
};

const LOOK_AGAIN_MS = 20;

/**
 * Presignatures of a key and a set. Nodes make 64, far more than the few payments of a wallet here use,
 * and each costs the time of several payments; the long run leaves it at that.
 */
const POOL = { target: 4, batch: 4 };

export async function openSystem(): Promise<System> {
  const dataDir = mkdtempSync(path.join(inject('testFolder'), 'system-'));
  const chain = await startAnvil();
  const undo: (() => Promise<void> | void)[] = [() => removeFolder(dataDir), () => chain.stop()];
  /** The last first; what cannot be undone does not keep the others from it. */
  const close = async (): Promise<void> => {
    const each = undo.pop();
    if (each === undefined) return;
    try {
      await each();
    } finally {
      await close();
    }
  };
  try {
    if (process.env['MATRIX'] !== 'full') await keepPoolsSmall(dataDir);
    await deployTestUsdc(chain.url);
    const gate = await openChainGate(chain.url);
    undo.push(() => gate.close());
    const screening = await openScreeningProvider(path.join(dataDir, 'tls', 'screening-key'));
    undo.push(() => screening.close());
    const env = {
      PATH: process.env['PATH'],
      LOG_LEVEL: 'warn',
      RPC_LOCAL_EVM: gate.url,
      SCREENING: screening.url,
    };
    const platform = await startPlatform({ dataDir, env, ports: { gateway: 0 } });
    undo.push(() => platform.stop());
    return { platform, chain, gate, screening, ready: () => untilReady(platform.url), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Makes the committee that the platform finds in its folder. */
async function keepPoolsSmall(dataDir: string): Promise<void> {
  const { configs } = await provisionCommittee({ dir: dataDir, count: 3, threshold: 2 });
  for (const config of configs) {
    const file = JSON.parse(readFileSync(config, 'utf8')) as NodeFile;
    writeFileSync(config, JSON.stringify({ ...file, limits: { presignatures: POOL } }));
  }
  writeFileSync(path.join(dataDir, 'format'), presentFormat());
  // As the launcher has it: Postgres and the nodes have users of their own, who pass through.
  chmodSync(dataDir, 0o711);
}

async function untilReady(url: string): Promise<void> {
  while (!(await isReady(url))) await pause(LOOK_AGAIN_MS);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    // Nobody listens at the port yet.
    return false;
  }
}
