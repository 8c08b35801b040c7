import { createTestDatabase } from '#testing/postgres.ts';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';

import { migrateDatabase, prepareDatabase, requireAnswer, schemaFingerprint } from './database.ts';
import { LaunchError } from './launch-error.ts';

async function makeServer() {
  const admin = await createTestDatabase();
  const { url } = admin;
  onTestFinished(() => admin.drop());
  const name = `prepared_${crypto.randomUUID().replaceAll('-', '')}`;
  onTestFinished(() => query(url, `DROP DATABASE IF EXISTS ${name}`));
  let migrations = 0;
  const prepare = () =>
    prepareDatabase(url, name, async () => {
      migrations += 1;
    });
  return { url, name, prepare, migrations: () => migrations };
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

test('a new database is migrated, and one with the present schema is not', async () => {
  const { prepare, migrations } = await makeServer();
  await prepare();
  expect(migrations()).toBe(1);
  await prepare();
  expect(migrations()).toBe(1);
});

test('a database of another schema is migrated', async () => {
  const { url, name, prepare, migrations } = await makeServer();
  await prepare();
  await query(url, `COMMENT ON DATABASE ${name} IS 'schema of another version'`);
  await prepare();
  expect(migrations()).toBe(2);
});

test('a migration that failed is tried again by the next start', async () => {
  const { url, name, prepare, migrations } = await makeServer();
  const failing = prepareDatabase(url, name, async () => {
    throw new LaunchError('no');
  });
  await expect(failing).rejects.toThrow('no');
  await prepare();
  expect(migrations()).toBe(1);
});

test('a server that ends during the migration leaves the reason of the migration standing', async () => {
  const { url, name } = await makeServer();
  const failing = prepareDatabase(url, name, async () => {
    const mine = `pid <> pg_backend_pid() AND datname = current_database()`;
    await query(url, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${mine}`);
    throw new LaunchError('the signers did not start');
  });
  await expect(failing).rejects.toThrow('the signers did not start');
});

test('the fingerprint is the same whenever it is taken', () => {
  expect(schemaFingerprint()).toBe(schemaFingerprint());
  expect(schemaFingerprint()).toMatch(/^schema [0-9a-f]{64}$/);
});

test('a database that cannot be migrated is reported with the reason', async () => {
  const nowhere = 'postgresql://nobody@127.0.0.1:1/none';
  await expect(migrateDatabase(nowhere, process.env)).rejects.toThrow(LaunchError);
  await expect(migrateDatabase(nowhere, process.env)).rejects.toThrow('ECONNREFUSED');
});

test.each([
  ['postgresql://nobody:secret@127.0.0.1:1/none', /"none" at 127\.0\.0\.1:1 .*ECONNREFUSED/],
  ['postgresql://nobody:secret@localhost:1/none', /"none" at localhost:1 .*ECONNREFUSED/],
])(
  'a database that does not answer (%s) is told in one line without its password',
  async (...wrong) => {
    const [url, words] = wrong;
    const failure: unknown = await requireAnswer(url).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LaunchError);
    expect(String(failure)).toMatch(words);
    expect(String(failure)).not.toMatch(/\n|secret/);
  },
);
