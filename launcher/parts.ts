/**
 * The parts of the platform in the order in which they need each other. Each function starts one
 * part, or takes the one that the environment names instead.
 */
import fs from 'node:fs';
import path from 'node:path';

import { findAsset } from '#chains/registry.ts';

import { anvilPlan, describeStoredChain, keepCopy, openStoredChain } from './anvil.ts';
import { type DataDir, writeWhole } from './data-dir.ts';
import { migrateDatabase, prepareDatabase, requireAnswer } from './database.ts';
import { clearKilledServer } from './leftovers.ts';
import { startOnPort } from './ports.ts';
import {
  databaseUrl,
  locatePostgres,
  openCluster,
  postgresPlan,
  reachableDataDir,
} from './postgres.ts';
import { programEnvironment, signerPlan } from './programs.ts';
import { type LocalSigner, openCommittee, signerAddresses } from './signers.ts';
import { requireSameTrust } from './signer-trust.ts';
import { describeLostHistory, solanaPlan } from './solana.ts';
import { type Supervisor } from './supervisor.ts';

/** What every part is started with. */
export type Setting = {
  readonly dataDir: DataDir;
  readonly env: NodeJS.ProcessEnv;
  readonly supervisor: Supervisor;
  readonly tell: (line: string) => void;
  /** The ports in use, by the child's name; each part adds its own. */
  readonly ports: Map<string, number>;
  /** What must be done when the platform stops. */
  readonly atStop: (undo: () => void) => void;
};

/** The order in which children are stopped: the highest stage first. */
export const STAGE = { storage: 1, signers: 2, services: 3 };

const DATABASE = 'countersign';

/** Where a child's words are kept. */
export const logFile = ({ dataDir }: Setting, name: string): string =>
  dataDir.file('logs', `${name}.log`);

/** The port that the caller asked for, or that the start before this one had. */
const usualPort = ({ dataDir, ports }: Setting, name: string): number | undefined =>
  ports.get(name) ?? dataDir.previous?.ports[name];

/** @returns the connection string of the platform's database, which has the present schema */
export async function startDatabase(setting: Setting): Promise<string> {
  const { dataDir, env, supervisor, ports, tell } = setting;
  if (env['DATABASE_URL']) {
    await requireAnswer(env['DATABASE_URL']);
    await migrateDatabase(env['DATABASE_URL'], env);
    return env['DATABASE_URL'];
  }
  const binaries = locatePostgres();
  const wanted = dataDir.file('postgres');
  const folder = reachableDataDir(wanted, binaries.user);
  if (folder !== wanted) {
    tell(`the database lies in ${folder}, because its user cannot enter ${dataDir.folder}`);
  }
  const passwordFile = dataDir.file('postgres.password');
  const cluster = await openCluster({ binaries, dataDir: folder, passwordFile, durable: true });
  const port = await startOnPort(usualPort(setting, 'postgres'), (on) => {
    ports.set('postgres', on);
    const how = { port: on, durable: true, logFile: logFile(setting, 'postgres') };
    return supervisor.start({
      name: 'postgres',
      stage: STAGE.storage,
      plan: async () => {
        await clearKilledServer(folder);
        return postgresPlan(cluster, how);
      },
    });
  });
  const url = databaseUrl(cluster, port, DATABASE);
  await prepareDatabase(databaseUrl(cluster, port, 'postgres'), DATABASE, () =>
    migrateDatabase(url, env),
  );
  return url;
}

/** @returns the URL of the local chain's RPC, with the test token on it */
export async function startChain(setting: Setting): Promise<string> {
  const { dataDir, env, supervisor, ports, tell, atStop } = setting;
  if (env['RPC_LOCAL_EVM']) return env['RPC_LOCAL_EVM'];
  const stateFile = dataDir.file('chains', 'local-evm.json');
  const port = await startOnPort(usualPort(setting, 'anvil'), (on) => {
    ports.set('anvil', on);
    return supervisor.start({
      name: 'anvil',
      stage: STAGE.storage,
      plan: () => {
        const stored = describeStoredChain(openStoredChain(stateFile));
        if (stored !== undefined) tell(stored);
        return anvilPlan({ port: on, stateFile, logFile: logFile(setting, 'anvil') });
      },
    });
  });
  atStop(keepCopy(stateFile));
  const url = `http://127.0.0.1:${port}`;
  await ensureTestToken(url);
  return url;
}

/** @returns the URL of the local Solana chain's RPC, which begins with the test token on it */
export async function startSolana(setting: Setting): Promise<string> {
  const { dataDir, env, supervisor, ports, tell } = setting;
  if (env['RPC_LOCAL_SOLANA']) return env['RPC_LOCAL_SOLANA'];
  const file = dataDir.file('chains', 'local-solana.log');
  const port = await startOnPort(usualPort(setting, 'solana'), async (on) => {
    ports.set('solana', on);
    const plan = solanaPlan({ port: on, file, env, logFile: logFile(setting, 'solana') });
    const { told } = await supervisor.start({
      name: 'solana',
      stage: STAGE.storage,
      plan: () => plan,
    });
    const lost = describeLostHistory(told);
    if (lost !== undefined) tell(lost);
  });
  return `http://127.0.0.1:${port}`;
}

/** Deploys the test token where it is absent; the library for it is loaded only then. */
async function ensureTestToken(url: string): Promise<void> {
  const { contract } = findAsset('USDC@local-evm');
  const request = { jsonrpc: '2.0', id: 1, method: 'eth_getCode', params: [contract, 'latest'] };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const { result } = (await response.json()) as { result?: string };
  if (result !== '0x') return;
  const { deployTestUsdc } = await import('#chains/evm/local.ts');
  await deployTestUsdc(url);
}

/** @returns how the worker reaches the signer nodes */
export async function startSigners(setting: Setting): Promise<{
  readonly SIGNERS: string;
  readonly SIGNER_TLS: string;
  readonly SCREENING_KEY?: string;
}> {
  const { dataDir, env, tell } = setting;
  if (env['SIGNERS']) {
    return { SIGNERS: env['SIGNERS'], SIGNER_TLS: env['SIGNER_TLS'] || dataDir.file('tls') };
  }
  const { signers, tls, bundle } = await openCommittee(dataDir, tell);
  const started = await Promise.all(signers.map((signer) => startSigner(setting, signer, bundle)));
  await requireSameTrust(signers, tell);
  // A committee of an older version has no provider of its own.
  const key = path.join(tls, 'screening-key');
  const own = env['SCREENING_KEY'] || !fs.existsSync(key) ? {} : { SCREENING_KEY: key };
  return { SIGNERS: signerAddresses(started), SIGNER_TLS: tls, ...own };
}

function startSigner(
  setting: Setting,
  { name, party, configFile, folder, user }: LocalSigner,
  bundle: string,
): Promise<{ readonly party: number; readonly port: number }> {
  const { env, supervisor, ports } = setting;
  const started = startOnPort(usualPort(setting, name), (port) => {
    ports.set(name, port);
    const plan = signerPlan({
      name,
      user,
      folder,
      bundle,
      // A node learns nothing of the database or the chains.
      env: programEnvironment(env, {
        SIGNER_CONFIG: configFile,
        PORT: `${port}`,
        PRICES: priceSource(setting),
      }),
      logFile: logFile(setting, name),
    });
    return supervisor.start({ name, stage: STAGE.signers, plan: () => plan });
  });
  return started.then((port) => ({ party, port }));
}

/** `PRICES`, or a file for the local networks that is written once and may then be edited. */
export function priceSource({ dataDir, env }: Setting): string {
  if (env['PRICES']) return env['PRICES'];
  const file = dataDir.file('prices.json');
  if (!fs.existsSync(file)) {
    const quotes = {
      'USDC@local-evm': { USD: '1.00' },
      'ETH@local-evm': { USD: '2500.00' },
      'USDC@local-solana': { USD: '1.00' },
      'SOL@local-solana': { USD: '150.00' },
    };
    writeWhole(file, `${JSON.stringify({ maxAgeSeconds: 3600, quotes }, undefined, 2)}\n`, 0o644);
  }
  return file;
}
