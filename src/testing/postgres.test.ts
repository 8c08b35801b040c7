import pg from 'pg';
import { expect, test } from 'vitest';

import { createTestDatabase } from './postgres.ts';

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

test('two test databases do not see each other', async () => {
  const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await query(first.url, 'CREATE TABLE mine (id int)');
  const tables = `SELECT 1 FROM pg_tables WHERE tablename = 'mine'`;
  expect(await query(first.url, tables)).toHaveLength(1);
  expect(await query(second.url, tables)).toHaveLength(0);
  await Promise.all([first.drop(), second.drop()]);
});

test('a dropped test database is gone even while a session is open', async () => {
  const database = await createTestDatabase();
  const session = new pg.Client({ connectionString: database.url });
  const lost = new Promise((resolve) => {
    // The server's notice comes first, then the end of the connection.
    session.on('error', resolve);
  });
  await session.connect();
  await database.drop();
  await lost;
  await expect(query(database.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
});
