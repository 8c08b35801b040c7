/**
 * A Postgres database of its own for each test that wants one, with all migrations applied. One
 * server serves a whole vitest run; it is started when the first test asks for a database.
 */
import net from 'node:net';
import { text } from 'node:stream/consumers';

import pg from 'pg';
import { inject } from 'vitest';

import { type ServerAddress, TEMPLATE_DATABASE } from './postgres-server.ts';

export type TestDatabase = {
  /** A connection string; the role is a superuser. */
  readonly url: string;
  /** Ends every session of the database and removes it. */
  drop(): Promise<void>;
};

/** A clone of the migrated template database: nothing that another test does is visible in it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const address = await serverAddress();
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`;
  await administer(address, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  return {
    url: `${address.baseUrl}/${name}`,
    drop: () => administer(address, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** Asks the run's main process, which starts the server when it is asked for the first time. */
async function serverAddress(): Promise<ServerAddress> {
  const answer = await text(net.connect(inject('testPostgres')));
  const address = JSON.parse(answer) as ServerAddress | { readonly failure: string };
  if ('failure' in address) throw new Error(`the test database failed: ${address.failure}`);
  return address;
}

async function administer({ baseUrl }: ServerAddress, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${baseUrl}/postgres` });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
