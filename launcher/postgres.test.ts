import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '#testing/temporary-folder.ts';
import { identityOf, isAlive } from '#tools/process-identity.mjs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';

import { startChild } from './child.ts';
import { clearKilledServer, findLeftovers, memoryIsAttached, stopLeftover } from './leftovers.ts';
import { freePort } from './ports.ts';
import {
  databaseUrl,
  locatePostgres,
  openCluster,
  packagedPostgres,
  postgresPlan,
  reachableDataDir,
} from './postgres.ts';
import { canEnter, isRoot, UNPRIVILEGED } from './system-user.ts';

type Running = Awaited<ReturnType<typeof launchServer>>;

async function launchServer(
  dataDir: string,
  { binaries = locatePostgres(), durable = false } = {},
) {
  const passwordFile = `${dataDir}.password`;
  const cluster = await openCluster({ binaries, dataDir, passwordFile, durable });
  const port = await freePort();
  const logFile = `${dataDir}.log`;
  const child = await startChild(postgresPlan(cluster, { port, durable, logFile }));
  return { child, cluster, url: databaseUrl(cluster, port, 'postgres') };
}

async function startServer(...request: Parameters<typeof launchServer>): Promise<Running> {
  const running = await launchServer(...request);
  onTestFinished(() => running.child.kill());
  return running;
}

async function query(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  // The server may end the session at any time in these tests.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

const ask = async ({ url }: Running, statement: string) => query(url, statement);

test('the data survives an orderly stop', async () => {
  const dataDir = path.join(temporaryFolder(), 'data');
  const first = await startServer(dataDir);
  await ask(first, 'CREATE TABLE kept AS SELECT 1 AS one');
  expect(await first.child.stop()).toEqual({ code: 0, signal: null });
  const second = await startServer(dataDir);
  expect(await ask(second, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  await second.child.stop();
});

test('the data survives kill -9, and the server starts again on it', async () => {
  const dataDir = path.join(temporaryFolder(), 'data');
  const first = await startServer(dataDir, { durable: true });
  await ask(first, 'CREATE TABLE kept AS SELECT 1 AS one');
  first.child.kill();
  await first.child.exited;
  await clearKilledServer(dataDir);
  const second = await startServer(dataDir);
  expect(await ask(second, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  await second.child.stop();
});

test.runIf(fs.existsSync('/proc/self'))(
  'a session that is busy when its server is killed does not hold up the next server',
  async () => {
    const dataDir = path.join(temporaryFolder(), 'data');
    const first = await startServer(dataDir);
    const client = new pg.Client({ connectionString: first.url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const session = identityOf(rows[0]?.pid);
    onTestFinished(() => stopLeftover({ name: 'the session', identity: session }));
    const cut = expect(client.query('DO $$ BEGIN LOOP END LOOP; END $$')).rejects.toThrow();
    first.child.signal('SIGKILL');
    await first.child.exited;
    expect(isAlive(session)).toBe(true);

    expect(memoryIsAttached(dataDir)).toBe(true);
    const pidFile = path.join(dataDir, 'postmaster.pid');
    const lines = fs.readFileSync(pidFile);

    await clearKilledServer(dataDir);
    expect(isAlive(session)).toBe(false);
    fs.writeFileSync(pidFile, lines);
    expect(memoryIsAttached(dataDir)).toBe(false);
    fs.rmSync(pidFile);
    await cut;
    const second = await startServer(dataDir);
    expect(await ask(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.child.stop();
  },
);

function sleeper(argv0: string, cwd: string): ChildProcess {
  const child = spawn('sleep', ['600'], { argv0, cwd, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test.runIf(fs.existsSync('/proc/self'))(
  'a session with the name of its killed server, or with none any more, is ended, too',
  async () => {
    const dataDir = temporaryFolder();
    const sessions = [sleeper('/opt/bin/postgres', dataDir), sleeper('', dataDir)];
    const others = [sleeper('/opt/bin/postgres', '/'), sleeper('', '/'), sleeper('sh', dataDir)];
    await Promise.all([...sessions, ...others].map((each) => once(each, 'spawn')));
    const ended = Promise.all(sessions.map((each) => once(each, 'exit')));
    await clearKilledServer(dataDir);
    expect((await ended).map(([, signal]) => signal as unknown)).toEqual(['SIGQUIT', 'SIGQUIT']);
    expect(others.map(({ pid }) => isAlive(identityOf(pid)))).toEqual([true, true, true]);
  },
);

test('an initialisation that was cut short is done again', async () => {
  const parent = temporaryFolder();
  const dataDir = path.join(parent, 'data');
  fs.mkdirSync(`${dataDir}.new-cut-short`);
  fs.writeFileSync(`${dataDir}.password`, 'of the one that was cut short');
  const running = await startServer(dataDir);
  expect(await ask(running, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await running.child.stop();
});

describe('a server that runs', () => {
  let folder: string;
  let running: Running;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(inject('testFolder'), 'server-'));
    fs.chmodSync(folder, 0o711);
    running = await launchServer(path.join(folder, 'data'));
  });
  afterAll(async () => {
    await running.child.stop();
    fs.rmSync(folder, { recursive: true });
  });

  test('wants the password of its folder', async () => {
    const wrong = running.url.replace(running.cluster.password, 'guess');
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  test('is found by its own pid file when it escaped the record', () => {
    const leftovers = findLeftovers(undefined, running.cluster.dataDir);
    expect(leftovers).toEqual([{ name: 'postgres', identity: running.child.identity }]);
  });

  test('keeps its pid file', async () => {
    await clearKilledServer(running.cluster.dataDir);
    expect(fs.existsSync(path.join(running.cluster.dataDir, 'postmaster.pid'))).toBe(true);
  });

  test.runIf(fs.existsSync('/proc/self'))('inherits no secret of this process', () => {
    const { pid } = running.child.identity;
    const names = fs
      .readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .flatMap((entry) => entry.split('=')[0] || []);
    const own = ['PATH', 'LC_ALL', 'LD_LIBRARY_PATH'];
    // What the server sets for itself begins with PG.
    expect(names.filter((name) => !own.includes(name) && !name.startsWith('PG'))).toEqual([]);
  });

  test.runIf(isRoot())('is an unprivileged user where root has started it', () => {
    expect(fs.statSync(`/proc/${running.child.identity.pid}`).uid).toBe(UNPRIVILEGED.uid);
  });
});

test('the pid file of a process that is something else is removed, and nothing is stopped', async () => {
  const dataDir = temporaryFolder();
  const pidFile = path.join(dataDir, 'postmaster.pid');
  fs.writeFileSync(pidFile, `${process.pid}\n${dataDir}\n`);
  expect(findLeftovers(undefined, dataDir)).toEqual([]);
  await clearKilledServer(dataDir);
  expect(fs.existsSync(pidFile)).toBe(false);
});

describe.runIf(isRoot())('started by root', () => {
  test('the server runs from a checkout that only root may enter', async () => {
    const checkout = temporaryFolder();
    fs.chmodSync(checkout, 0o700);
    const packaged = path.join(checkout, 'native');
    fs.cpSync(packagedPostgres(), packaged, { recursive: true, verbatimSymlinks: true });
    // Another version than the one that a platform on this machine may be using.
    fs.appendFileSync(path.join(packaged, 'bin', 'postgres'), randomBytes(16));
    expect(canEnter(UNPRIVILEGED, packaged)).toBe(false);

    const binaries = locatePostgres(UNPRIVILEGED, packaged);
    onTestFinished(() => fs.rmSync(binaries.folder, { recursive: true }));
    expect(binaries.folder).not.toBe(packaged);
    expect(locatePostgres(UNPRIVILEGED, packaged)).toEqual(binaries);
    const running = await startServer(path.join(temporaryFolder(), 'data'), { binaries });
    expect(await ask(running, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await running.child.stop();
  });

  test('a data folder that only root may enter becomes a link to one that others can', () => {
    const hidden = temporaryFolder();
    fs.chmodSync(hidden, 0o700);
    const wanted = path.join(hidden, 'postgres');
    const folder = reachableDataDir(wanted, UNPRIVILEGED);
    expect(canEnter(UNPRIVILEGED, path.dirname(folder))).toBe(true);
    expect(fs.readlinkSync(wanted)).toBe(folder);
    expect(reachableDataDir(wanted, UNPRIVILEGED)).toBe(folder);
  });
});

test('a data folder that the server can reach stays where it was asked for', () => {
  const wanted = path.join(temporaryFolder(), 'postgres');
  expect(reachableDataDir(wanted, isRoot() ? UNPRIVILEGED : undefined)).toBe(wanted);
});
