import { expect, test } from 'vitest';
import { createTestDatabase } from '#testing/postgres.ts';
import { connectDatabase, reader, transaction } from './database.ts';

test('connections that the server cuts inside transactions do not use up the pool', async () => {
  const database = await createTestDatabase();
  const db = await connectDatabase({ url: database.url, poolMax: 2 });
  const cut = () =>
    transaction(db, (tx) => tx.execute('select pg_terminate_backend(pg_backend_pid())'));
  for (let again = 0; again < 5; again++) await expect(cut()).rejects.toThrow();
  expect(await transaction(db, (tx) => tx.execute('select 1 as one'))).toEqual([{ one: 1 }]);
  await db.close();
  await database.drop();
});

test('a failed rollback does not hide why the work failed', async () => {
  const database = await createTestDatabase();
  const db = await connectDatabase({ url: database.url, poolMax: 2 });
  const outcome = transaction(db, async (tx) => {
    const [own] = await tx.execute<{ pid: number }[]>('select pg_backend_pid() as pid');
    await reader(db).execute('select pg_terminate_backend(?)', [own?.pid]);
    throw new Error('the reason');
  });
  await expect(outcome).rejects.toThrow('the reason');
  await db.close();
  await database.drop();
});

test('what the work throws rolls everything back', async () => {
  const database = await createTestDatabase();
  const db = await connectDatabase({ url: database.url });
  const outcome = transaction(db, async (tx) => {
    await tx.execute('create table made (id int)');
    throw new Error('no');
  });
  await expect(outcome).rejects.toThrow('no');
  const tables = "select 1 from pg_tables where tablename = 'made'";
  expect(await reader(db).execute(tables)).toEqual([]);
  await db.close();
  await database.drop();
});
