/**
 * Durable jobs on pg-boss. A job is only a wake-up call: it names a row, and what is to be done
 * stands in that row. It is sent on the connection of the transaction that changed the row, so it
 * exists if and only if the change does; handlers look at the row first and may run twice.
 */
import { fromKysely, PgBoss } from 'pg-boss';
import type { ChangeId, KeyId, TransferId, WalletId } from '#core/ids.ts';
import type { Tx } from './database.ts';

export type Job =
  | { readonly name: 'advance-key'; readonly key: KeyId }
  | { readonly name: 'generate-key'; readonly wallet: WalletId }
  | { readonly name: 'advance-transfer'; readonly transfer: TransferId }
  | { readonly name: 'gather-receipts'; readonly change: ChangeId };

export type JobName = Job['name'];
export const JOB_NAMES = [
  'advance-key',
  'generate-key',
  'advance-transfer',
  'gather-receipts',
] as const;

/** Sends jobs inside the caller's transaction. */
export type Jobs = { send(tx: Tx, job: Job): Promise<void> };

export type JobHandlers = {
  readonly [N in JobName]: (job: Extract<Job, { name: N }>) => Promise<void>;
};

export type JobQueue = Jobs & {
  /**
   * Starts to take jobs; each queue runs up to `concurrency` of them at once. The answer ends it:
   * it takes no further job and resolves when the running ones have ended.
   */
  work(handlers: JobHandlers, concurrency: number): Promise<() => Promise<void>>;
  /** Closes the connections, after the running jobs have ended. */
  close(): Promise<void>;
};

const SCHEMA = 'jobs';
/** Finished jobs are kept for a day, for whoever looks into the past. */
const KEEP_SECONDS = 86_400;
/** A row that is due gets a new job from the sweeper, so a job never needs a second try. */
const QUEUE = { retryLimit: 0, deleteAfterSeconds: KEEP_SECONDS, notify: true };
const POLL_SECONDS = 2;
const STOP_TIMEOUT_MS = 10_000;

/** Creates or upgrades pg-boss's own tables and the queues. Safe to run again. */
export async function installJobs(url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, schema: SCHEMA, supervise: false, max: 2 });
  await boss.start();
  try {
    for (const name of JOB_NAMES) await boss.createQueue(name, QUEUE);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/**
 * Connects to the queues that `installJobs` made. `onError` hears of lost connections and of
 * handlers that threw; the queue itself goes on.
 */
export async function openJobQueue(
  url: string,
  onError: (error: unknown) => void,
): Promise<JobQueue> {
  const boss = new PgBoss({
    connectionString: url,
    schema: SCHEMA,
    migrate: false,
    schedule: false,
    useListenNotify: true,
    max: 4,
  });
  boss.on('error', onError);
  await boss.start();
  return {
    async send(tx, { name, ...body }) {
      const connection = tx.getTransactionContext<Parameters<typeof fromKysely>[0]>();
      if (connection === undefined)
        throw new Error(`the job ${name} was sent outside a transaction`);
      await boss.send(name, body, { db: fromKysely(connection) });
    },
    async work(handlers, concurrency) {
      const ids = new Map<JobName, string>();
      for (const name of JOB_NAMES) {
        const handle = handlers[name] as (job: Job) => Promise<void>;
        const id = await boss.work<Record<string, string>>(
          name,
          { localConcurrency: concurrency, notifyPollingIntervalSeconds: POLL_SECONDS },
          async (jobs) => {
            for (const job of jobs) await handle({ name, ...job.data } as Job);
          },
        );
        ids.set(name, id);
      }
      return async () => {
        await Promise.all([...ids].map(([name, id]) => boss.offWork(name, { id, wait: true })));
      };
    },
    close: () => boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS }),
  };
}
