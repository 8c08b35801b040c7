/**
 * Brings a database to the present schema: the platform's tables, then pg-boss's. Several processes
 * may start at once: an advisory lock lets them through one by one. As a program it takes
 * `DATABASE_URL`, prints a line when it is done, and exits.
 */
import { fileURLToPath } from 'node:url';
import { connectDatabase } from '#persistence/database.ts';
import { installJobs } from '#workflow/jobs.ts';

/** Any number that no other program uses for a lock in the same database. */
const MIGRATION_LOCK = 7_320_641;

export async function migrate(url: string): Promise<void> {
  const db = await connectDatabase({ url, poolMax: 2 });
  try {
    await db.em.fork().transactional(async (tx) => {
      await tx.execute('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
      await db.migrator.up();
      await installJobs(url);
    });
  } finally {
    await db.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const url = process.env['DATABASE_URL'];
  if (url === undefined) throw new Error('DATABASE_URL is not set');
  await migrate(url);
  process.stdout.write(`${JSON.stringify({ migrated: true })}\n`);
}
