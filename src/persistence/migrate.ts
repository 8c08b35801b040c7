/** Brings a database to the present schema: the platform's tables, then those of the job queue. */
import { connectDatabase } from './database.ts';
import { installJobs } from './jobs.ts';

/** Any number that no other program uses for a lock in the same database. */
const MIGRATION_LOCK = 7_320_641;

/** Safe to run again, and by several processes at once: a lock lets them through one by one. */
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
