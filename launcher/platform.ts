/**
 * The whole platform as one value: started, looked at, damaged and stopped by `npm start`, the
 * demo, the benchmarks and the tests alike.
 */
import { performance } from 'node:perf_hooks';

import { type DataDir, type LaunchRecord, openDataDir, readOperatorToken } from './data-dir.ts';
import { requireOwnFormat } from './data-format.ts';
import { requireSoundEnvironment } from './environment.ts';
import { findLeftovers, stopLeftover } from './leftovers.ts';
import { boundLogs } from './log-files.ts';
import {
  priceSource,
  type Setting,
  startChain,
  startDatabase,
  startSigners,
  startSolana,
} from './parts.ts';
import { createProgress, type Progress } from './progress.ts';
import { requiredPort, type Services, startServices } from './services.ts';
import { createSupervisor, describeEvent, type Supervisor } from './supervisor.ts';

export type PlatformOptions = {
  /** Absolute path; created where it does not exist. */
  readonly dataDir: string;
  /** Configuration as api.md lists it; by default this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Preferred ports by child; 0 stands for any. By default the gateway prefers 4000. */
  readonly ports?: { readonly [child: string]: number };
  /** Receives the lines of progress; by default nobody does. */
  readonly write?: (text: string) => void;
  /** Gives a start up that is under way. */
  readonly abandon?: AbortSignal;
};

export type Platform = {
  /** The gateway's URL on this machine, without a path. */
  readonly url: string;
  /** Where people open it: `PUBLIC_ORIGIN`, or the same URL. */
  readonly origin: string;
  /** The RPC of the network `local-evm`. */
  readonly rpc: string;
  /** The RPC of the network `local-solana`. */
  readonly rpcSolana: string;
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** Authorises `createOrganization`. */
  readonly operatorToken: string;
  /** The one-time link of the first administrator, as long as it is unused. */
  readonly firstAdministratorLink: string | undefined;
  /** What is amiss with the chains since this start, or an earlier one; a person must read it. */
  readonly alarms: readonly string[];
  /** From the call until everything served. */
  readonly startedInMs: number;
  /** Process ids of the living children: gateway, worker, signer-1, ..., anvil, solana, postgres. */
  pids(): { readonly [name: string]: number };
  /** Sends a signal and resolves when that process is gone. */
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Orderly stop of one child, which stays down until `ensureRunning`. */
  halt(name: string): Promise<void>;
  /** Resolves when the child is ready; starts it at once where it is down. */
  ensureRunning(name: string): Promise<void>;
  /** Whether a child that dies is started again by itself; true at first. */
  setRestart(name: string, enabled: boolean): void;
  /** Orderly stop of everything; the data stays. */
  stop(): Promise<void>;
  /** Kills everything at once. */
  force(): void;
};

/**
 * Starts everything that the environment does not name, and resolves when the platform serves.
 * @throws LaunchError that says what a person can do; nothing of the start runs then
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const started = performance.now();
  const progress = createProgress(options.write ?? (() => undefined));
  const dataDir = openDataDir(options.dataDir);
  const ports = new Map(Object.entries(options.ports ?? {}));
  const undo: (() => void)[] = [];
  let serves: LaunchRecord['serves'];

  const record = () =>
    dataDir.record({
      ports: Object.fromEntries(ports),
      children: supervisor.identities(),
      ...(serves === undefined ? {} : { serves }),
    });
  const supervisor = createSupervisor((event) => {
    const line = describeEvent(event);
    if (line !== undefined) progress.tell(line);
    record();
  });
  let stopped: Promise<void> | undefined;
  const stopOnce = async () => {
    await supervisor.stop();
    for (const each of undo) each();
    serves = undefined;
    record();
    dataDir.release();
  };
  const stop = () => {
    stopped ??= stopOnce();
    return stopped;
  };
  options.abandon?.addEventListener('abort', () => void supervisor.stop());

  try {
    requireOwnFormat(dataDir);
    await clearLeftovers(dataDir, progress);
    undo.push(boundLogs(dataDir.file('logs')));
    const setting: Setting = {
      dataDir,
      env: options.env ?? process.env,
      supervisor,
      tell: progress.tell,
      ports,
      atStop: (each) => void undo.push(each),
    };
    const running = await startParts(setting, progress);
    const { url, origin, rpc, rpcSolana } = running;
    serves = { url, origin, rpc, rpcSolana };
    record();
    return {
      ...running,
      dataDir: dataDir.folder,
      operatorToken: readOperatorToken(dataDir.folder),
      startedInMs: performance.now() - started,
      pids: () => pidsOf(supervisor),
      kill: supervisor.kill,
      halt: supervisor.halt,
      async ensureRunning(name) {
        await supervisor.ensureRunning(name);
      },
      setRestart: supervisor.setRestart,
      stop,
      force: supervisor.force,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pidsOf(supervisor: Supervisor): { readonly [name: string]: number } {
  const living = Object.entries(supervisor.identities());
  return Object.fromEntries(living.map(([name, { pid }]) => [name, pid]));
}

async function clearLeftovers(dataDir: DataDir, progress: Progress): Promise<void> {
  const leftovers = findLeftovers(dataDir.previous, dataDir.file('postgres'));
  if (leftovers.length === 0) return;
  const names = leftovers.map(({ name, identity }) => `${name} (process ${identity.pid})`);
  progress.tell(`stopping what an earlier start left running: ${names.join(', ')}`);
  await Promise.all(leftovers.map((each) => stopLeftover(each)));
}

/** Storage, chain and signers side by side; then what needs them. */
async function startParts(
  setting: Setting,
  progress: Progress,
): Promise<Services & Pick<Platform, 'rpc' | 'rpcSolana' | 'databaseUrl'>> {
  const { env } = setting;
  // Before anything is started, although it is used last.
  await requireSoundEnvironment(env, setting.dataDir.file('tls'));
  await requiredPort(env);
  const named = (variable: string) => (env[variable] ? variable : undefined);
  const foundations = [
    progress.step('database', () => startDatabase(setting), named('DATABASE_URL')),
    progress.step('local chain', () => startChain(setting), named('RPC_LOCAL_EVM')),
    progress.step('local Solana chain', () => startSolana(setting), named('RPC_LOCAL_SOLANA')),
    progress.step('signer nodes', () => startSigners(setting), named('SIGNERS')),
  ] as const;
  const [databaseUrl, rpc, rpcSolana, signers] = await Promise.all(foundations).catch(
    async (error) => {
      // The others must not go on starting children while everything is stopped.
      await setting.supervisor.stop();
      await Promise.allSettled(foundations);
      throw error;
    },
  );
  const given = {
    ...signers,
    DATABASE_URL: databaseUrl,
    DATA_DIR: setting.dataDir.folder,
    RPC_LOCAL_EVM: rpc,
    RPC_LOCAL_SOLANA: rpcSolana,
    PRICES: priceSource(setting),
  };
  const services = await progress.step('gateway and worker', () => startServices(setting, given));
  return { ...services, rpc, rpcSolana, databaseUrl };
}
