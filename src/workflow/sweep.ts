/**
 * The floor under the jobs. A row that is due and whose job was lost - its worker was killed, its
 * notification never came - gets another one. A worker extends the lease of what it is working on,
 * so a row only becomes due where nobody is at work.
 */
import type { ChangeId, KeyId, TransferId, WalletId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { transaction } from '#persistence/database.ts';
import { extendLeases, takeDue } from '#persistence/due.ts';
import type { Job } from '#persistence/jobs.ts';
import { advanceKey } from './advance-key.ts';
import { advanceTransfer } from './advance-transfer.ts';
import { expireApprovals } from './expire-approval.ts';
import { gatherReceipts } from './gather-receipts.ts';
import { generateKey } from './generate-key.ts';
import type { Services } from './services.ts';
import { LEASE_MS } from './transition.ts';

export type JobRunner = {
  /** Never runs two jobs for one row at once: a second one runs when the first has ended. */
  run(job: Job): Promise<void>;
  /** Extends the leases of what runs, sends jobs for rows that are due, ends what is too old. */
  sweep(): Promise<void>;
};

export function createJobRunner(services: Services): JobRunner {
  /** The rows at work; true where another job arrived meanwhile. */
  const transfers = new Map<TransferId, boolean>();
  const wallets = new Map<WalletId, boolean>();
  const keys = new Map<KeyId, boolean>();
  const changes = new Map<ChangeId, boolean>();
  return {
    run(job) {
      switch (job.name) {
        case 'advance-key':
          return oneByOne(keys, job.key, () => advanceKey(services, job.key));
        case 'generate-key':
          return oneByOne(wallets, job.wallet, () => generateKey(services, job.wallet));
        case 'advance-transfer':
          return oneByOne(transfers, job.transfer, () => advanceTransfer(services, job.transfer));
        case 'gather-receipts':
          return oneByOne(changes, job.change, () => gatherReceipts(services, job.change));
        default:
          return job satisfies never;
      }
    },
    async sweep() {
      await resend(services, { transfers, wallets, keys, change_requests: changes });
      await expireApprovals(services);
    },
  };
}

/** The step before may end a moment after its successor's job was sent: that job is not dropped. */
async function oneByOne<Id>(
  running: Map<Id, boolean>,
  id: Id,
  work: () => Promise<void>,
): Promise<void> {
  if (running.has(id)) {
    running.set(id, true);
    return;
  }
  try {
    do {
      running.set(id, false);
      await work();
    } while (running.get(id));
  } finally {
    running.delete(id);
  }
}

async function resend(
  { db, jobs, clock }: Services,
  atWork: {
    readonly transfers: ReadonlyMap<TransferId, boolean>;
    readonly wallets: ReadonlyMap<WalletId, boolean>;
    readonly keys: ReadonlyMap<KeyId, boolean>;
    readonly change_requests: ReadonlyMap<ChangeId, boolean>;
  },
): Promise<void> {
  const now = clock.now();
  const lease = { now, until: instant(now + LEASE_MS) };
  await transaction(db, async (tx) => {
    for (const table of ['transfers', 'wallets', 'keys', 'change_requests'] as const) {
      await extendLeases(tx, table, [...atWork[table].keys()], lease);
    }
    for (const transfer of await takeDue<TransferId>(tx, 'transfers', lease)) {
      await jobs.send(tx, { name: 'advance-transfer', transfer });
    }
    for (const wallet of await takeDue<WalletId>(tx, 'wallets', lease)) {
      await jobs.send(tx, { name: 'generate-key', wallet });
    }
    for (const key of await takeDue<KeyId>(tx, 'keys', lease)) {
      await jobs.send(tx, { name: 'advance-key', key });
    }
    for (const change of await takeDue<ChangeId>(tx, 'change_requests', lease)) {
      await jobs.send(tx, { name: 'gather-receipts', change });
    }
  });
}
