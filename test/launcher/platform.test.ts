/** The whole platform on a data folder of its own: what survives which end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';

import { type LaunchRecord } from '#launcher/data-dir.ts';
import { type Platform, type PlatformOptions, startPlatform } from '#launcher/platform.ts';
import { CHECKOUT, programArguments } from '#launcher/programs.ts';
import { summary } from '#launcher/summary.ts';
import { canEnter, isRoot, UNPRIVILEGED } from '#launcher/system-user.ts';
import { CountersignClient } from '#sdk/client.ts';
import { SoftwareAuthenticator } from '#testing/authenticator.ts';
import { createTestDatabase } from '#testing/postgres.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { isAlive, type ProcessIdentity } from '#tools/process-identity.mjs';

async function start(dataDir: string, changes: Partial<PlatformOptions> = {}): Promise<Platform> {
  const env = { PATH: process.env['PATH'], LOG_LEVEL: 'warn' };
  const platform = await startPlatform({ dataDir, env, ports: { gateway: 0 }, ...changes });
  onTestFinished(() => platform.stop());
  return platform;
}

const newDataDir = (): string => path.join(temporaryFolder(), 'data');

async function query(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function rpc(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return ((await response.json()) as { result: unknown }).result;
}

const portOf = ({ url }: Platform): number => Number(new URL(url).port);

/** The processes that a start has recorded in its folder. */
const recorded = (dataDir: string): readonly ProcessIdentity[] =>
  Object.values(recordOf(dataDir).children);

const recordOf = (dataDir: string): LaunchRecord =>
  JSON.parse(fs.readFileSync(path.join(dataDir, 'launcher.json'), 'utf8')) as LaunchRecord;

const living = (processes: readonly ProcessIdentity[]) => processes.filter(isAlive);

/** `npm start` without the bootstrap; resolves when it has printed that it runs. */
async function startCommand(
  dataDir: string,
  options: { uid?: number; gid?: number } = {},
  more: NodeJS.ProcessEnv = {},
) {
  const command = spawn(process.execPath, programArguments('launcher/start.ts'), {
    ...options,
    cwd: CHECKOUT,
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'warn',
      ...more,
    },
    // A group of its own, so that a test can press Ctrl-C: the terminal signals the whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  onTestFinished(() => void command.kill('SIGKILL'));
  command.stderr.on('data', (chunk: Buffer) => void lines.push(chunk.toString()));
  const ended = once(command, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const runs = new Promise<void>((resolve) => {
    createInterface({ input: command.stdout }).on('line', (line) => {
      lines.push(line);
      if (line === 'Ctrl-C stops everything and keeps the data.') resolve();
    });
  });
  const early = ended.then(() => {
    throw new Error(`npm start has ended: ${lines.join('\n')}`);
  });
  await Promise.race([runs, early]);
  return { command, lines, ended };
}

/** The user that a process runs as. */
function userOf(pid: number): number {
  if (process.platform === 'linux') return fs.statSync(`/proc/${pid}`).uid;
  const { stdout } = spawnSync('ps', ['-o', 'uid=', '-p', `${pid}`], { encoding: 'utf8' });
  return Number(stdout);
}

/** Started by root, each node has a user that no other process has, and a folder that it alone may enter. */
function expectOwnUsers(platform: Platform): void {
  const folder = (party: number) => path.join(platform.dataDir, 'signers', `${party}`);
  const users = Object.values(platform.pids()).map(userOf);
  for (const party of [1, 2, 3]) {
    const uid = userOf(platform.pids()[`signer-${party}`] as number);
    expect(uid).toBeGreaterThan(0);
    expect(users.filter((user) => user === uid)).toHaveLength(1);
    expect(canEnter({ uid, gid: uid }, folder(party))).toBe(true);
    for (const other of [1, 2, 3].filter((one) => one !== party)) {
      expect(canEnter({ uid, gid: uid }, folder(other))).toBe(false);
    }
  }
}

const pressCtrlC = ({ pid }: ChildProcess): void => {
  if (pid === undefined) throw new Error('no process');
  process.kill(-pid, 'SIGINT');
};

/** The signer nodes as the platform's own API tells them. */
async function nodesOf({ url, operatorToken }: Platform): Promise<readonly string[]> {
  const authenticator = new SoftwareAuthenticator({ origin: url });
  const client = new CountersignClient({ url, origin: url, authenticator });
  const founding = { name: 'Guests', adminName: 'Gwen' };
  const { inviteToken } = await client.createOrganization(founding, operatorToken);
  await client.register({ inviteToken });
  const nodes = await client.signers();
  return nodes.map(({ party, address, healthy }) => {
    return `${party}=${address} is ${healthy ? 'healthy' : 'not healthy'}`;
  });
}

test('what was written before a stop is there after the next start, and a lost chain is reported', async () => {
  const dataDir = newDataDir();
  const first = await start(dataDir);
  await query(first.databaseUrl, 'CREATE TABLE kept AS SELECT 1 AS one');
  await rpc(first.rpc, 'evm_mine');
  const block = await rpc(first.rpc, 'eth_getBlockByNumber', 'latest', false);
  const before = recorded(dataDir);
  await expect(start(dataDir)).rejects.toThrow(`already runs on ${dataDir}`);
  // The refused start has disturbed nothing.
  expect(living(before)).toHaveLength(before.length);
  if (isRoot()) expectOwnUsers(first);
  await first.stop();
  expect(living(before)).toEqual([]);

  const second = await start(dataDir);
  expect(await query(second.databaseUrl, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  expect(await rpc(second.rpc, 'eth_getBlockByNumber', 'latest', false)).toEqual(block);
  expect(second.databaseUrl).toBe(first.databaseUrl);
  expect(second.rpc).toBe(first.rpc);
  expect(second.alarms).toEqual([]);
  const { number, hash } = block as { readonly number: string; readonly hash: string };
  await query(
    second.databaseUrl,
    `INSERT INTO chain_marks VALUES ('local-evm', ${Number(number)}, '${hash}', now())`,
  );
  await second.stop();

  fs.rmSync(path.join(dataDir, 'chains', 'local-evm.json'));
  const third = await start(dataDir);
  expect(third.alarms).toEqual([expect.stringContaining(`block ${Number(number)} was ${hash}`)]);
  expect(summary(third)).toContain(`lost its history: block ${Number(number)}`);
  await third.stop();
});

test('after kill -9 of the launcher nothing runs on, and the next start works', async () => {
  const dataDir = newDataDir();
  const { command, ended } = await startCommand(dataDir);
  const processes = recorded(dataDir);
  expect(living(processes)).toHaveLength(processes.length);
  command.kill('SIGKILL');
  await ended;
  // Not waited for: the next start has to cope with what is still on its way out.
  const platform = await start(dataDir);
  expect(living(processes)).toEqual([]);
  expect(await query(platform.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await platform.stop();
});

// Root's own start is what the other tests show, where they run as root.
test.runIf(!isRoot() || canEnter(UNPRIVILEGED, CHECKOUT))(
  'a plain user starts it, and Ctrl-C, which reaches the whole group, stops it in order',
  async () => {
    const { uid, gid } = isRoot() ? UNPRIVILEGED : os.userInfo();
    const dataDir = newDataDir();
    fs.mkdirSync(dataDir);
    fs.chownSync(dataDir, uid, gid);
    const { command, lines, ended } = await startCommand(dataDir, { uid, gid });
    const processes = recorded(dataDir);
    for (const { pid } of processes) expect(userOf(pid)).toBe(uid);
    pressCtrlC(command);
    expect(await ended).toEqual([0, null]);
    expect(living(processes)).toEqual([]);
    expect(lines.join('\n')).toContain('stopping; the data stays');
    const log = fs.readFileSync(path.join(dataDir, 'logs', 'postgres.log'), 'utf8');
    expect(log).toContain('database system is shut down');
  },
);

test('a second Ctrl-C ends at once what does not stop', async () => {
  const dataDir = newDataDir();
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const { command, lines, ended } = await startCommand(dataDir, {}, { DATABASE_URL: database.url });
  const processes = recorded(dataDir);
  const { worker } = recordOf(dataDir).children;
  if (worker === undefined) throw new Error('there is no worker');
  process.kill(worker.pid, 'SIGSTOP');
  pressCtrlC(command);
  await expect.poll(() => lines.join('\n')).toContain('stopping; the data stays');
  // One key press arrives several times within half a second; this is another one.
  await expect
    .poll(() => {
      if (command.exitCode === null) pressCtrlC(command);
      return command.exitCode;
    })
    .toBe(130);
  await ended;
  await expect.poll(() => living(processes)).toEqual([]);
});

test('two platforms run side by side, also where one uses every part of the other', async () => {
  const owner = await start(newDataDir());
  const { ports } = recordOf(owner.dataDir);
  const signers = [1, 2, 3].map((party) => `${party}=127.0.0.1:${ports[`signer-${party}`]}`);
  let told = '';
  const guest = await start(newDataDir(), {
    env: {
      PATH: process.env['PATH'],
      LOG_LEVEL: 'warn',
      DATABASE_URL: owner.databaseUrl,
      RPC_LOCAL_EVM: owner.rpc,
      RPC_LOCAL_SOLANA: owner.rpcSolana,
      SIGNERS: signers.join(','),
      SIGNER_TLS: path.join(owner.dataDir, 'tls'),
    },
    ports: { gateway: portOf(owner) },
    write: (text) => (told += text),
  });
  expect(portOf(guest)).not.toBe(portOf(owner));
  expect(told).toContain(
    `port ${portOf(owner)} is in use, so the platform serves on port ${portOf(guest)}`,
  );
  expect(guest).toMatchObject({ databaseUrl: owner.databaseUrl, rpc: owner.rpc });
  for (const variable of ['DATABASE_URL', 'RPC_LOCAL_EVM', 'RPC_LOCAL_SOLANA', 'SIGNERS']) {
    expect(told).toContain(`as ${variable} says`);
  }
  expect(Object.keys(guest.pids()).toSorted()).toEqual(['gateway', 'worker']);
  const shared = Object.values(owner.pids()).filter((pid) =>
    Object.values(guest.pids()).includes(pid),
  );
  expect(shared).toEqual([]);
  expect(await nodesOf(guest)).toEqual(signers.map((address) => `${address} is healthy`));
  await Promise.all([guest.stop(), owner.stop()]);
});

test.each([
  ['taken', 'is in use'],
  ['http', 'write a number'],
  ['70000', 'write a number'],
])('where PORT is %s the start is refused before anything runs', async (wanted, reason) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const taken = (server.address() as net.AddressInfo).port;
  const dataDir = newDataDir();
  const env = { PATH: process.env['PATH'], PORT: wanted === 'taken' ? `${taken}` : wanted };
  await expect(start(dataDir, { env })).rejects.toThrow(reason);
  expect(fs.existsSync(path.join(dataDir, 'postgres'))).toBe(false);
});

test('a start that is given up leaves nothing running, and the folder free', async () => {
  const dataDir = newDataDir();
  const abandon = new AbortController();
  const write = (text: string) => {
    if (text.includes('local chain')) abandon.abort();
  };
  await expect(start(dataDir, { abandon: abandon.signal, write })).rejects.toThrow();
  expect(living(recorded(dataDir))).toEqual([]);
  expect(fs.existsSync(path.join(dataDir, 'launcher.lock'))).toBe(false);
});
