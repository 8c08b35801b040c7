import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';
import { connectDatabase, type Database } from './database.ts';
import { MIGRATION_FILE, migrationText } from './make-migration.ts';
import { migrate } from './migrate.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await connectDatabase({ url: database.url });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

test('the migration file is what the entities make', async () => {
  expect(readFileSync(MIGRATION_FILE, 'utf8')).toBe(await migrationText());
});

test('a migrated database has no difference to the entities', async () => {
  expect(await db.schema.getUpdateSchemaSQL({ wrap: false, safe: false })).toBe('');
});

test('migrating again, by several processes at once, changes nothing', async () => {
  await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
  expect(await db.schema.getUpdateSchemaSQL({ wrap: false, safe: false })).toBe('');
});
