/**
 * A platform of which everything may go wrong while it runs: each program on a host of its own that may
 * turn bad, each link to a node, to the chain and to the database through a proxy, each process by its
 * id. PostgreSQL is the launcher's; gateway, worker and nodes are started here.
 */
import fs from 'node:fs';
import path from 'node:path';
import { signerAddresses } from '#launcher/signers.ts';
import { portFrom } from '#launcher/ports.ts';
import { programPlan } from '#launcher/programs.ts';
import { createSupervisor, type Supervisor } from '#launcher/supervisor.ts';
import {
  type AcceptPlatform,
  openAcceptPlatform,
  PRICES,
  serviceEnvironment,
  untilReady,
} from './accept-platform.ts';
import { BAD_HOST_OPTIONS, type Host, hostFile, turn } from './bad-host.ts';
import { type Committee, openCommittee } from './committee.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { openRunFolder } from './run-folder.ts';

export const SERVICES = ['gateway', 'worker'] as const;
export const NODES = ['signer-1', 'signer-2', 'signer-3'] as const;
export const PROCESSES = [...SERVICES, ...NODES, 'postgres'] as const;
export const LINKS = [...NODES, 'chain', 'database'] as const;
export type ProcessName = (typeof PROCESSES)[number];
export type LinkName = (typeof LINKS)[number];

export type FaultyPlatform = {
  readonly stage: AcceptPlatform;
  readonly link: (name: LinkName) => FaultProxy;
  /** kill -9; it stays down until `start`. */
  kill(name: ProcessName): Promise<void>;
  /** Resolves when it serves, and the gateway with it. */
  start(name: ProcessName): Promise<void>;
  /** SIGSTOP to it, and to the processes that it has started. @returns what lets them go on */
  halt(name: ProcessName): () => void;
  /** PostgreSQL's host stays as it is. */
  turn(name: Exclude<ProcessName, 'postgres'>, host: Partial<Host>): void;
  close(): Promise<void>;
};

const SERVICES_STAGE = 3;
const ENTRIES = { gateway: 'src/gateway/main.ts', worker: 'src/gateway/worker.ts' } as const;

const partyOf = (name: string): number => Number(name.slice('signer-'.length));
const isNode = (name: string): name is (typeof NODES)[number] => name.startsWith('signer-');

type Undo = (() => Promise<unknown> | void)[];

/** @param name of the run, for its folder */
export async function openFaultyPlatform(
  name: string,
  tell: (line: string) => void,
): Promise<FaultyPlatform> {
  const undo: Undo = [];
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
    return await open(name, tell, undo, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  name: string,
  tell: (line: string) => void,
  undo: Undo,
  close: () => Promise<void>,
): Promise<FaultyPlatform> {
  const { path: folder, remove } = openRunFolder(`${name}-nodes`);
  undo.push(remove);
  const prices = path.join(folder, 'prices.json');
  fs.writeFileSync(prices, JSON.stringify(PRICES));
  const committee = await openCommittee({ folder, count: NODES.length, threshold: 2, prices });
  undo.push(() => committee.close());
  const links = new Map<LinkName, FaultProxy>();
  const linkTo = async (link: LinkName, port: () => number): Promise<number> => {
    const proxy = await openFaultProxy(() => ({ host: '127.0.0.1', port: port() }));
    undo.push(() => proxy.close());
    links.set(link, proxy);
    return proxy.port;
  };
  const signers: { readonly party: number; readonly port: number }[] = [];
  for (const party of committee.parties) {
    const port = await linkTo(`signer-${party}` as LinkName, () => committee.port(party));
    signers.push({ party, port });
  }
  let viaProxies: NodeJS.ProcessEnv = {};
  const stage = await openAcceptPlatform(name, 'local-evm', tell, async (endpoint) => {
    const chain = await linkTo('chain', () => Number(new URL(endpoint).port));
    viaProxies = {
      SIGNERS: signerAddresses(signers),
      SIGNER_TLS: committee.tls,
      RPC_LOCAL_EVM: `http://127.0.0.1:${chain}`,
    };
    return viaProxies;
  });
  undo.push(() => stage.close());
  const { platform } = stage;
  const database = new URL(platform.databaseUrl);
  const at = Number(database.port);
  database.port = `${await linkTo('database', () => at)}`;
  for (const service of SERVICES) await platform.halt(service);
  const given = { ...viaProxies, DATABASE_URL: database.href, PRICES: prices, LOG_LEVEL: 'warn' };
  const services = await startServices(stage, given, folder);
  undo.push(() => services.supervisor.stop());
  const { url, supervisor } = services;
  const hosts = path.join(folder, 'hosts');
  return {
    stage: { ...stage, url, ready: () => untilReady(url) },
    link: (link) => links.get(link) as FaultProxy,
    async kill(process) {
      if (isNode(process)) await committee.kill(partyOf(process));
      else if (process === 'postgres') await platform.kill(process);
      else await supervisor.kill(process);
    },
    async start(process) {
      if (isNode(process)) await committee.start(partyOf(process));
      else if (process === 'postgres') await platform.ensureRunning(process);
      else await supervisor.ensureRunning(process);
      await untilReady(url);
    },
    halt: (process) => stopped(pidOf(process, { committee, supervisor, stage })),
    turn: (process, host) => turn(hosts, process, host),
    close,
  };
}

async function startServices(
  stage: AcceptPlatform,
  given: NodeJS.ProcessEnv,
  folder: string,
): Promise<{ readonly url: string; readonly supervisor: Supervisor }> {
  const supervisor = createSupervisor(() => undefined);
  const port = await portFrom(0);
  const hosts = path.join(folder, 'hosts');
  const common = { PATH: process.env['PATH'], NODE_OPTIONS: BAD_HOST_OPTIONS, ...MANY };
  try {
    for (const name of SERVICES) {
      const own = { PORT: name === 'gateway' ? `${port}` : '0', BAD_HOST: hostFile(hosts, name) };
      const env = serviceEnvironment(stage.platform, { ...common, ...given, ...own });
      const logFile = path.join(folder, `${name}.log`);
      const plan = programPlan({ name, entry: ENTRIES[name], env, logFile });
      await supervisor.start({ name, stage: SERVICES_STAGE, plan: () => plan });
      supervisor.setRestart(name, false);
    }
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return { url: `http://localhost:${port}`, supervisor };
}

/** Limits for people are not what is tried. */
const MANY = { SOCKETS_PER_ADDRESS: '100000', CEREMONIES_PER_ADDRESS: '100000' };

function pidOf(
  name: ProcessName,
  parts: {
    readonly committee: Committee;
    readonly supervisor: Supervisor;
    readonly stage: AcceptPlatform;
  },
): number {
  const { committee, supervisor, stage } = parts;
  if (isNode(name)) return committee.pid(partyOf(name));
  if (name === 'postgres') return stage.platform.pids()[name] ?? 0;
  return supervisor.identities()[name]?.pid ?? 0;
}

/** Stops the process and its descendants where they stand. */
function stopped(pid: number): () => void {
  if (pid === 0) return () => undefined;
  const all = [pid, ...childrenOf(pid)];
  const each = (signal: NodeJS.Signals): void => {
    for (const one of all) {
      try {
        process.kill(one, signal);
      } catch (error) {
        // It has ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  each('SIGSTOP');
  return () => each('SIGCONT');
}

function childrenOf(pid: number): readonly number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!fs.existsSync(file)) return [];
  const own = fs.readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
  return [...own, ...own.flatMap(childrenOf)];
}
