/**
 * The connection to PostgreSQL and its transactions. Everything that changes state runs inside
 * `transaction`; a function that takes a `Tx` joins the caller's.
 */
import { Migrator } from '@mikro-orm/migrations';
import {
  DeadlockException,
  defineConfig,
  type EntityManager,
  MikroORM,
} from '@mikro-orm/postgresql';
import { ENTITIES } from './entities.ts';
import { AppendOnlyMigration } from './migrations/append-only.ts';
import { InitialMigration } from './migrations/initial.ts';

export type Database = MikroORM;
/**
 * A unit of work: an entity manager of its own, inside a transaction unless it came from `reader`.
 */
export type Tx = EntityManager;

export type ConnectOptions = {
  readonly url: string;
  /** Connections at most; each process has one pool. */
  readonly poolMax?: number;
};

export function databaseOptions(options: ConnectOptions) {
  return defineConfig({
    clientUrl: options.url,
    entities: ENTITIES,
    extensions: [Migrator],
    migrations: {
      tableName: 'migrations',
      migrationsList: [
        { name: 'initial', class: InitialMigration },
        { name: 'append-only', class: AppendOnlyMigration },
      ],
      snapshot: false,
      silent: true,
    },
    // Triggers and functions are written by hand: `migrations/append-only.ts`.
    schemaGenerator: { ignoreSchema: ['jobs'], ignoreTriggers: true, ignoreRoutines: true },
    pool: { min: 0, max: options.poolMax ?? 20 },
    forceUtcTimezone: true,
    discovery: { warnWhenNoEntities: false },
    // A connection that the server drops rejects its query; the ORM's own line about it would go to
    // stdout, where a process says that it is ready.
    logger: () => undefined,
  });
}

export async function connectDatabase(options: ConnectOptions): Promise<Database> {
  return MikroORM.init(databaseOptions(options));
}

/** A fresh unit of work for reads that need no transaction. */
export const reader = (db: Database): Tx => db.em.fork();

const ATTEMPTS = 5;

/**
 * Runs the work in one transaction (READ COMMITTED); a throw rolls everything back. Where two
 * transactions deadlock, PostgreSQL ends one of them, and its work runs again: it must have no
 * effect outside the transaction.
 */
export async function transaction<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(db, work);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof DeadlockException)) throw error;
    }
  }
}

/**
 * The ORM's own `transactional` never gives a connection back whose rollback failed, as it does
 * where the server went away, and the pool runs dry. The query builder underneath always does.
 */
async function runOnce<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = db.em.fork();
  let failure: { readonly error: unknown } | undefined;
  try {
    return await tx
      .getKysely()
      .transaction()
      .execute(async (connection) => {
        tx.setTransactionContext(connection);
        try {
          const result = await work(tx);
          await tx.flush();
          return result;
        } catch (error) {
          failure = { error };
          throw error;
        }
      });
  } catch (error) {
    // A rollback that fails as well must not hide why it was needed.
    throw failure === undefined ? error : failure.error;
  } finally {
    tx.resetTransactionContext();
  }
}
