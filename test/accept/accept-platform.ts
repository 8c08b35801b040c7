/** The processes of one run: a platform with its own chain, and further gateways beside it. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { deployTestUsdc } from '#chains/evm/local.ts';
import { startChild } from '#launcher/child.ts';
import { type PassingPlatform, startPassingPlatform } from '#launcher/passing-platform.ts';
import { programPlan } from '#launcher/programs.ts';
import { signerAddresses } from '#launcher/signers.ts';
import { type Anvil, startAnvil } from '#testing/anvil.ts';
import { type LyingRpc, openLyingRpc } from './lying-rpc.ts';
import { openRunFolder } from './run-folder.ts';

export type AcceptPlatform = {
  readonly platform: PassingPlatform;
  /** The gateway that people use. */
  readonly url: string;
  /** The chain itself; the platform reaches it through `rpc`, and where it is not local `witness` too. */
  readonly chain: Anvil;
  readonly rpc: LyingRpc;
  /** Another endpoint of the same chain, with which the first is compared. */
  readonly witness: LyingRpc;
  /** Another gateway on the same database and nodes. @returns its URL */
  addGateway(): Promise<string>;
  /** Resolves when the gateway serves and its database answers. */
  ready(): Promise<void>;
  /** Asks the database itself, as its superuser. */
  psql<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
};

/** The networks that a run may pay on, each as anvil plays it. */
export const CHAINS = {
  'local-evm': { chainId: 31_337, variable: 'RPC_LOCAL_EVM' },
  sepolia: { chainId: 11_155_111, variable: 'RPC_SEPOLIA' },
} as const;
export type PaidNetwork = keyof typeof CHAINS;

export const PRICES = {
  maxAgeSeconds: 86_400,
  quotes: {
    'USDC@local-evm': { USD: '1.00' },
    'ETH@local-evm': { USD: '2500.00' },
    'ETH@sepolia': { USD: '2500.00' },
  },
};
const LOOK_AGAIN_MS = 20;
const READY_MAX_MS = 120_000;
/** More than any run sends at one moment: limits for people are not what is tried here. */
const MANY = '100000';

/**
 * @param name of the run, for its folder
 * @param more what the platform is told beside that, once the chain's endpoint is known
 */
export async function openAcceptPlatform(
  name: string,
  network: PaidNetwork,
  tell: (line: string) => void,
  more: (endpoint: string) => Promise<NodeJS.ProcessEnv> = async () => ({}),
): Promise<AcceptPlatform> {
  const { chainId, variable } = CHAINS[network];
  const undo: (() => Promise<unknown> | void)[] = [];
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
    // The signer nodes read the prices themselves, as users of their own.
    const { path: folder, remove } = openRunFolder(name);
    undo.push(remove);
    const prices = path.join(folder, 'prices.json');
    fs.writeFileSync(prices, JSON.stringify(PRICES));
    const chain = await startAnvil({ chainId, parent: folder });
    undo.push(() => chain.stop());
    if (network === 'local-evm') await deployTestUsdc(chain.url);
    const rpc = await openLyingRpc(chain.url);
    undo.push(() => rpc.close());
    const witness = await openLyingRpc(chain.url);
    undo.push(() => witness.close());
    const env = {
      PATH: process.env['PATH'],
      TMPDIR: process.env['TMPDIR'],
      LOG_LEVEL: 'warn',
      SOCKETS_PER_ADDRESS: MANY,
      CEREMONIES_PER_ADDRESS: MANY,
      PRICES: prices,
      [variable]: network === 'local-evm' ? rpc.url : `${rpc.url} ${witness.url}`,
      ...(await more(rpc.url)),
    };
    const platform = await startPassingPlatform(`accept-${name}`, () => undefined, env);
    undo.push(() => platform.leave());
    tell(`the platform serves at ${platform.url}`);
    return {
      platform,
      url: platform.url,
      chain,
      rpc,
      witness,
      async addGateway() {
        const gateway = await startGateway(platform, env);
        undo.push(() => gateway.stop());
        return `http://localhost:${String(gateway.told['port'])}`;
      },
      ready: () => untilReady(platform.url),
      psql: (sql, values) => ask(platform.databaseUrl, sql, values),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startGateway(platform: PassingPlatform, env: NodeJS.ProcessEnv) {
  const name = `gateway-${randomUUID()}`;
  const logFile = path.join(platform.dataDir, 'logs', `${name}.log`);
  const given = serviceEnvironment(platform, env);
  return startChild(programPlan({ name, entry: 'src/gateway/main.ts', env: given, logFile }));
}

/** What the launcher tells its own gateway and worker, as its folder has it. */
export function serviceEnvironment(
  { dataDir, databaseUrl, origin, rpc, rpcSolana }: PassingPlatform,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const record = JSON.parse(fs.readFileSync(path.join(dataDir, 'launcher.json'), 'utf8')) as {
    readonly ports: Readonly<Record<string, number>>;
  };
  const signers = Object.entries(record.ports).flatMap(([name, port]) => {
    const [, party] = /^signer-(\d+)$/.exec(name) ?? [];
    return party === undefined ? [] : [{ party: Number(party), port }];
  });
  return {
    RPC_LOCAL_EVM: rpc,
    RPC_LOCAL_SOLANA: rpcSolana,
    SIGNERS: signerAddresses(signers),
    SIGNER_TLS: path.join(dataDir, 'tls'),
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    PUBLIC_ORIGIN: origin,
    PORT: '0',
    ...env,
  };
}

/** @throws where it does not serve in time: whoever waits would wait for ever */
export async function untilReady(url: string): Promise<void> {
  const began = performance.now();
  while (!(await isReady(url))) {
    if (performance.now() - began > READY_MAX_MS) throw new Error(`${url} does not serve`);
    await pause(LOOK_AGAIN_MS);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    // Nobody listens at the port yet.
    return false;
  }
}

async function ask<Row extends object>(
  connectionString: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(sql, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}
