/**
 * A committee of signer nodes for a test: real processes on free ports, with their own data in a
 * temporary folder. A test may kill one and start it again, or put a dishonest relay in between.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { inject } from 'vitest';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { clusterOver } from '#cluster-client/cluster.ts';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import type { StreamListener } from '#cluster-client/session-streams.ts';
import type { Bytes } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import type { KeyId, OrganizationId, WalletId } from '#core/ids.ts';
import { freePort } from '#launcher/ports.ts';
import { CHECKOUT, signerCommand } from '#launcher/programs.ts';
import type { Mode } from '#mandate/quorum.ts';
import type { NodeFile } from '#signer-cluster/config.ts';
import type { Frame } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import { provisionCommittee } from '#signer-cluster/provision.ts';
import { bundleSigner } from '#tools/signer-bundle/build.ts';
import { LOOK_INSIDE } from './inside.ts';
import { housed, type TrustedHouse, trustedHouse } from './trusted-cluster.ts';

const DIE_AT_SYNC = resolve(import.meta.dirname, 'die-at-sync.mjs');

export type SignerProcess = {
  readonly party: number;
  /** 0 while it waits for a record. */
  readonly port: number;
  /** When it serves the next time: its operator has pinned another record. */
  readonly servesAgain: () => Promise<void>;
  readonly child: ChildProcess;
  /** Everything that it has logged. */
  readonly logs: () => string;
  /** kill -9, and wait until it is gone. */
  readonly kill: () => Promise<void>;
  /** An orderly stop. */
  readonly stop: () => Promise<void>;
};

export type StartOptions = {
  /** 0 or absent picks a free one, which it can be started on again. */
  readonly port?: number;
  /** No file of the process grows beyond so many blocks of 512 bytes: a disk that is full. */
  readonly fileBlocks?: number;
  /** A command that runs the process in a place of its own, such as a network namespace. */
  readonly within?: readonly string[];
  /** A file that says at which of its waits for the disk the process dies (`die-at-sync.mjs`). */
  readonly dieAtSync?: string;
  /** Whether it tells what it holds (`inside.ts`). */
  readonly isTransparent?: boolean;
  /** The folder of another bundle than the run's common one; it is started by its own script. */
  readonly bundle?: string;
  readonly env?: NodeJS.ProcessEnv;
};

export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

let common: Promise<string> | undefined;

/** The signer's bundle of this run, made by the first test that starts a node. */
export function commonBundle(): Promise<string> {
  common ??= makeCommonBundle();
  return common;
}

async function makeCommonBundle(): Promise<string> {
  const folder = join(inject('testFolder'), 'signer-program');
  if (existsSync(folder)) return folder;
  const making = await mkdtemp(`${folder}-`);
  await bundleSigner(CHECKOUT, making);
  await chmod(making, 0o755);
  // Another process of this run may have made the same at the same time.
  await rename(making, folder).catch((error: unknown) => {
    if (!existsSync(folder)) throw error;
  });
  await compileOnce(folder);
  return folder;
}

/** Where Node keeps the compiled bundle of this run. */
const compileCache = (): string => join(inject('testFolder'), 'signer-compiled');

/**
 * Node writes its cache when a process ends in order, and most nodes of tests are killed. So one is
 * started without a configuration, which it refuses once all its modules have run.
 */
async function compileOnce(bundle: string): Promise<void> {
  const { command, args } = signerCommand(bundle);
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache() };
  const refused = spawn(command, args, { env, stdio: 'ignore' });
  await once(refused, 'exit');
}

/** @throws StartFailed with what the process logged when it ends before it serves */
export async function spawnSigner(
  config: string,
  party: number,
  options: StartOptions = {},
): Promise<SignerProcess> {
  const { fileBlocks, dieAtSync, isTransparent = false, within = [] } = options;
  const preloaded = [
    ...(dieAtSync === undefined ? [] : ['--import', DIE_AT_SYNC]),
    ...(isTransparent ? ['--import', LOOK_INSIDE] : []),
  ];
  const program =
    options.bundle === undefined
      ? signerCommand(await commonBundle(), preloaded)
      : { command: join(options.bundle, 'signer'), args: [] };
  const command = [...within, program.command, ...program.args];
  const limited = `trap '' XFSZ; ulimit -f ${fileBlocks}; exec "$@"`;
  const [file = '', ...args] =
    fileBlocks === undefined ? command : ['sh', '-c', limited, 'sh', ...command];
  const dying = dieAtSync === undefined ? {} : { DIE_AT_SYNC: dieAtSync };
  const own = {
    SIGNER_CONFIG: config,
    EXIT_WITH_PARENT: '1',
    NODE: process.execPath,
    NODE_COMPILE_CACHE: compileCache(),
    ...dying,
  };
  const child = spawn(file, args, {
    env: { ...process.env, ...own, PORT: `${options.port || (await freePort())}`, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe', ...(isTransparent ? (['ipc'] as const) : [])],
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
  let logged = '';
  child.stderr.on('data', (text: Buffer) => (logged += text.toString()));
  const ended = once(child, 'exit').then(() => {
    throw new StartFailed(logged);
  });
  const lines = createInterface({ input: child.stdout });
  let port = 0;
  lines.on('line', (line) => ({ port } = JSON.parse(line) as { port: number }));
  await Promise.race([once(lines, 'line'), ended]);
  ended.catch(() => undefined);
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    party,
    get port() {
      return port;
    },
    servesAgain: async () => void (await Promise.race([once(lines, 'line'), ended])),
    child,
    logs: () => logged,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** The party's node.json. */
export type SignerHouse = {
  readonly dir: string;
  readonly tls: string;
  readonly trusted: TrustedHouse;
  config(party: number): string;
  /** The party's data directory. */
  data(party: number): string;
  start(party: number, options?: StartOptions): Promise<SignerProcess>;
  /** Removes everything. The processes must be gone. */
  remove(): Promise<void>;
};

/** What the nodes' own source says: a dollar is a dollar. */
export const PRICES = JSON.stringify({
  maxAgeSeconds: 3600,
  quotes: { 'USDC@local-evm': { USD: '1.00' }, 'USDC@local-solana': { USD: '1.00' } },
});

/** @param threads of each node: on any machine a test's nodes compute in the same place */
export async function signerHouse(
  count: number,
  threshold: number,
  limits: NodeFile['limits'] = {},
  threads = 0,
  mode: Mode = 'safety',
): Promise<SignerHouse> {
  const dir = await mkdtemp(join(inject('testFolder'), 'signers-'));
  const { configs, tls } = await provisionCommittee({ dir, count, threshold });
  const prices = join(dir, 'prices.json');
  await writeFile(prices, PRICES);
  for (const path of configs) {
    const file = JSON.parse(await readFile(path, 'utf8')) as NodeFile;
    await writeFile(path, JSON.stringify({ ...file, limits, threads, prices, mode }));
  }
  const config = (party: number): string => configs[party - 1] as string;
  const trusted = await trustedHouse(configs);
  return {
    dir,
    tls,
    trusted,
    config,
    data: (party) => join(dir, 'signers', `${party}`),
    start(party, options) {
      trusted.forget(party);
      return spawnSigner(config(party), party, options);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** A whole committee that runs. */
export type SignerTeam = {
  readonly house: SignerHouse;
  signer(party: number): SignerProcess;
  /** Fresh links to the nodes where they run now. */
  links(): readonly SignerLink[];
  kill(party: number): Promise<void>;
  /** Starts a killed node again, on its old port. */
  revive(party: number, options?: StartOptions): Promise<void>;
  close(): Promise<void>;
};

export async function signerTeam(
  count = 3,
  threshold = 2,
  limits: NodeFile['limits'] = {},
  {
    threads,
    mode,
    ...options
  }: StartOptions & { readonly threads?: number; readonly mode?: Mode } = {},
): Promise<SignerTeam> {
  const house = await signerHouse(count, threshold, limits, threads, mode);
  const parties = Array.from({ length: count }, (_, index) => index + 1);
  const started = await Promise.all(parties.map((party) => house.start(party, options)));
  const signers = new Map(started.map((signer) => [signer.party, signer]));
  const signer = (party: number): SignerProcess => signers.get(party) as SignerProcess;
  const opened: SignerLink[] = [];
  function links(): readonly SignerLink[] {
    const credentials = clientCredentials(house.tls);
    const fresh = parties.map((party) =>
      grpcLink(party, `127.0.0.1:${signer(party).port}`, credentials),
    );
    opened.push(...fresh);
    return fresh.map((link) => housed(link, house.trusted));
  }
  // Whatever a test puts in between, the log comes past it.
  house.trusted.links = links();
  house.trusted.through = clusterOver(house.trusted.links, {
    info: () => undefined,
    warn: () => undefined,
  });
  return {
    house,
    signer,
    links,
    kill: (party) => signer(party).kill(),
    async revive(party, options) {
      await signer(party).kill();
      const { port } = signer(party);
      signers.set(party, await house.start(party, { port, ...options }));
    },
    async close() {
      for (const link of opened) link.close();
      await Promise.all([...signers.values()].map((one) => one.kill()));
      await house.remove();
    },
  };
}

export type WalletKeyRequest = {
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly wallet: WalletId;
  readonly scheme?: Scheme;
};

/** A key and its first wallet, whose path is the key itself. */
export async function createWallet(
  cluster: Pick<SignerCluster, 'createKey' | 'registerWallet'>,
  { keyId, organization, wallet, scheme = 'ecdsa-secp256k1' }: WalletKeyRequest,
): Promise<{ readonly publicKey: Bytes }> {
  await cluster.createKey({ keyId, organization, scheme });
  return cluster.registerWallet({ wallet, keyId, organization, path: 'm' });
}

/**
 * What a relay in between does with the frames of one node: `count` counts from 1 in each direction
 * of a session. It passes on what it returns; undefined is dropped.
 */
export type Tap = {
  fromNode?(frame: Frame, count: number): Frame | undefined;
  toNode?(frame: Frame, count: number): Frame | undefined;
};

export function tapped(link: SignerLink, tap: Tap): SignerLink {
  return {
    ...link,
    open(listener: StreamListener) {
      const counts = { from: 0, to: 0 };
      const stream = link.open({
        ended: (reason) => listener.ended(reason),
        frame(frame) {
          counts.from += 1;
          const passed = tap.fromNode === undefined ? frame : tap.fromNode(frame, counts.from);
          if (passed !== undefined) listener.frame(passed);
        },
      });
      return {
        cancel: () => stream.cancel(),
        send(frame) {
          counts.to += 1;
          const passed = tap.toNode === undefined ? frame : tap.toNode(frame, counts.to);
          if (passed !== undefined) stream.send(passed);
        },
      };
    },
  };
}

/** Opens a session at one node alone and returns every frame that it answers with. */
export async function askAlone(
  link: SignerLink,
  open: OpenRequest,
  frames = 1,
): Promise<readonly Frame[]> {
  const answers: Frame[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const stream = link.open({
    ended: () => resolve(),
    frame(frame) {
      answers.push(frame);
      if (frame.type !== 'refused' && answers.length === frames) resolve();
    },
  });
  stream.send({ type: 'open', content: open });
  await promise;
  stream.cancel();
  return answers;
}
