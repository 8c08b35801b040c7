/**
 * Rows that a job is to look at: `due_at` says when, and doubles as the lease of whoever is at it.
 */
import { formatInstant, type Instant } from '#core/time.ts';
import type { Tx } from './database.ts';

export type WorkedTable = 'transfers' | 'wallets' | 'keys' | 'change_requests';
export type Lease = { readonly now: Instant; readonly until: Instant };

const BATCH = 200;

/** Keeps the rows away from the sweeper; those that are done stay done. */
export async function extendLeases(
  tx: Tx,
  table: WorkedTable,
  ids: readonly string[],
  { until }: Lease,
): Promise<void> {
  if (ids.length === 0) return;
  await tx.execute(
    `update ${table} set due_at = ?
     where id in (${ids.map(() => '?').join(',')}) and due_at is not null and due_at < ?`,
    [formatInstant(until), ...ids, formatInstant(until)],
  );
}

/** The rows that are due, each taken by one caller only and leased to it. */
export async function takeDue<Id extends string>(
  tx: Tx,
  table: WorkedTable,
  { now, until }: Lease,
): Promise<readonly Id[]> {
  const rows = await tx.execute<{ id: Id }[]>(
    `update ${table} set due_at = ? where id in (
       select id from ${table} where due_at <= ? order by due_at limit ${BATCH}
       for update skip locked
     ) returning id`,
    [formatInstant(until), formatInstant(now)],
  );
  return rows.map(({ id }) => id);
}
