/**
 * The spending ledger: one reservation for each transfer that was allowed or awaits approval, with
 * its value at its own time. It counts against limits until it is released.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { OrganizationId, TransferId, UserId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { at, jsonOf, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import { Transfer } from './transfer.ts';
import { Wallet } from './wallet.ts';

export const Reservation = defineEntity({
  name: 'Reservation',
  tableName: 'reservations',
  indexes: [
    { properties: ['wallet', 'at'] },
    { properties: ['initiator', 'at'] },
    { properties: ['organization', 'at'] },
  ],
  properties: {
    transfer: () => p.oneToOne(Transfer).mapToPk().primary().deleteRule('no action'),
    organization: () => p.manyToOne(Organization).mapToPk(),
    wallet: () => p.manyToOne(Wallet).mapToPk(),
    initiator: textOf<UserId>(),
    at: at(),
    /**
     * Minor units by currency, e.g. `{ "USD": "5000000" }`; a currency without a quote is absent.
     */
    values: jsonOf<{ readonly [currency: string]: string }>(),
    /** The snapshot of the request's own time, as canonical text, for totals of some requests only. */
    facts: p.text(),
    releasedAt: at().nullable(),
  },
});
export type ReservationRow = InferEntity<typeof Reservation>;

/** The amount leaves now: from here on it counts at this time, with the value that it had. */
export const dateReservation = (tx: Tx, transfer: TransferId, now: Instant): Promise<number> =>
  tx.nativeUpdate(Reservation, { transfer }, { at: now });

/**
 * Lets decisions about an organisation's spending through so that none misses what another one
 * reserves. The wallet's row lock, which the caller holds, is enough for totals of that wallet:
 * such decisions share this lock. One that looks at a wider total takes it alone, and waits for all
 * others. Take it once in a transaction, after the rows and before the organisation's log.
 */
export async function lockSpending(
  tx: Tx,
  organization: OrganizationId,
  mode: 'shared' | 'alone',
): Promise<void> {
  const lock = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  await tx.execute(`select ${lock}(hashtextextended(?, 0))`, [`${organization} spending`]);
}

/** Gives the reserved amount back, once: a second release changes nothing. */
export const releaseReservation = (tx: Tx, transfer: TransferId, now: Instant): Promise<number> =>
  tx.nativeUpdate(Reservation, { transfer, releasedAt: null }, { releasedAt: now });
