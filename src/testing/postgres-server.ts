/**
 * The one Postgres server of a vitest run. It lives in vitest's main process; the workers ask for
 * it over a local socket, so that a run without database tests never starts it.
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import pg from 'pg';
import { type TestProject } from 'vitest/node';

import { type Child, startChild } from '#launcher/child.ts';
import { freePort } from '#launcher/ports.ts';
import { databaseUrl, locatePostgres, openCluster, postgresPlan } from '#launcher/postgres.ts';

import { createRunFolder, removeFolder } from './run-folder.ts';

/** Where the server listens: a connection string without the database's name. */
export type ServerAddress = { readonly baseUrl: string };

export const TEMPLATE_DATABASE = 'countersign_template';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- it is merged into vitest's
  interface ProvidedContext {
    /** The socket at which the main process answers with the address of the server. */
    testPostgres: string;
    /** The folder for everything that this run writes. */
    testFolder: string;
  }
}

/** Vitest's global set-up; the function that it returns is the tear-down. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = createRunFolder();
  project.provide('testFolder', folder);

  let server: Promise<{ child: Child; address: ServerAddress }> | undefined;
  const answer = net.createServer((socket) => {
    socket.on('error', () => undefined);
    server ??= startServer(folder);
    void server.then(
      ({ address }) => socket.end(JSON.stringify(address)),
      (error: Error) => socket.end(JSON.stringify({ failure: error.message })),
    );
  });
  const socketPath = path.join(folder, 'ask.sock');
  await new Promise<void>((resolve) => {
    answer.listen(socketPath, resolve);
  });
  project.provide('testPostgres', socketPath);

  // An interrupted vitest exits without the tear-down: the server's guard stops it then, and the
  // next run removes the folder.
  return async () => {
    answer.close();
    await (await server?.catch(() => undefined))?.child.stop();
    removeFolder(folder);
  };
}

async function startServer(folder: string): Promise<{ child: Child; address: ServerAddress }> {
  const dataDir = path.join(folder, 'data');
  const binaries = locatePostgres();
  const passwordFile = path.join(folder, 'data.password');
  const cluster = await openCluster({ binaries, dataDir, passwordFile, durable: false });
  const port = await freePort();
  const logFile = path.join(folder, 'postgres.log');
  const plan = postgresPlan(cluster, { port, durable: false, logFile });
  const child = await startChild({ ...plan, stopSignal: 'SIGQUIT' });
  await createTemplate(databaseUrl(cluster, port, 'postgres'));
  const baseUrl = databaseUrl(cluster, port, '').slice(0, -1);
  await applyMigrations(`${baseUrl}/${TEMPLATE_DATABASE}`);
  return { child, address: { baseUrl } };
}

async function createTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await client.end();
}

/** Until the persistence floor exists the template is an empty database. */
async function applyMigrations(url: string): Promise<void> {
  const file = new URL('../persistence/migrate.ts', import.meta.url);
  if (!fs.existsSync(file)) return;
  const { migrate } = (await import(file.href)) as { migrate: (url: string) => Promise<void> };
  await migrate(url);
}
