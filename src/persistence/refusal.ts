/**
 * How often one thing was refused to one user: what keeps the audit log from being flooded by
 * somebody who tries the same again and again.
 */
import { defineEntity, p } from '@mikro-orm/core';
import type { UserId } from '#core/ids.ts';
import { formatInstant, type Instant } from '#core/time.ts';
import { at, counter, readInstant, textOf } from './columns.ts';
import type { Tx } from './database.ts';

export const Refusal = defineEntity({
  name: 'Refusal',
  tableName: 'refusals',
  properties: {
    user: textOf<UserId>().primary(),
    action: p.text().primary(),
    subject: p.text().primary(),
    operation: p.text().primary(),
    code: p.text().primary(),
    /** When the last one was recorded. */
    since: at().index(),
    /** How many came after that one and were left out. */
    repeats: counter(),
  },
});

/** What makes two refusals the same one. */
export type RefusalKey = {
  readonly user: UserId;
  readonly action: string;
  readonly subject: string;
  readonly operation: string;
  readonly code: string;
};

/**
 * Counts a refusal. Holds the count's row to the end of the transaction.
 * @returns how many were left out since the last one that was to be recorded; undefined when this
 *   one is to be left out as well, because the last one is younger than `windowMs`
 */
export async function countRefusal(
  tx: Tx,
  { user, action, subject, operation, code }: RefusalKey,
  now: Instant,
  windowMs: number,
): Promise<number | undefined> {
  const key = [user, action, subject, operation, code];
  const inserted = await tx.execute<unknown[]>(
    `insert into refusals ("user", action, subject, operation, code, since, repeats)
     values (?, ?, ?, ?, ?, ?, 0) on conflict do nothing returning 1`,
    [...key, formatInstant(now)],
  );
  if (inserted.length === 1) return 0;
  const same = '"user" = ? and action = ? and subject = ? and operation = ? and code = ?';
  const [row] = await tx.execute<{ since: string; repeats: string }[]>(
    `select since, repeats from refusals where ${same} for update`,
    key,
  );
  if (row === undefined) throw new Error(`the count of refusals of ${user} went away`);
  if (now < readInstant(row.since) + windowMs) {
    await tx.execute(`update refusals set repeats = repeats + 1 where ${same}`, key);
    return undefined;
  }
  const restarted = [formatInstant(now), ...key];
  await tx.execute(`update refusals set since = ?, repeats = 0 where ${same}`, restarted);
  return Number(row.repeats);
}

/** Removes the counts whose last entry was made before `before`. */
export const purgeRefusals = (tx: Tx, before: Instant): Promise<number> =>
  tx.nativeDelete(Refusal, { since: { $lt: before } });
