/**
 * The spending ledger: one reservation for each transfer that was allowed or awaits approval, with
 * its value at its own time. It counts against limits until it is released.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { TransferId, WalletId } from '#core/ids.ts';
import { DAY_MS, formatInstant, type Instant, instant } from '#core/time.ts';
import { at, jsonOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';
import { Transfer } from './transfer.ts';
import { Wallet } from './wallet.ts';

export const Reservation = defineEntity({
  name: 'Reservation',
  tableName: 'reservations',
  indexes: [{ properties: ['wallet', 'at'] }],
  properties: {
    transfer: () => p.oneToOne(Transfer).mapToPk().primary().deleteRule('no action'),
    organization: () => p.manyToOne(Organization).mapToPk(),
    wallet: () => p.manyToOne(Wallet).mapToPk(),
    at: at(),
    /**
     * Minor units by currency, e.g. `{ "USD": "5000000" }`; a currency without a quote is absent.
     */
    values: jsonOf<{ readonly [currency: string]: string }>(),
    releasedAt: at().nullable(),
  },
});
export type ReservationRow = InferEntity<typeof Reservation>;

/** How far back a sum can look. */
export const LEDGER_WINDOW_MAX_MS = 31 * DAY_MS;

/**
 * The minor units that count in the half-open window `(now - windowMs, now]`, without the transfer
 * `except`. Undefined when some reservation of the window has no value in that currency: the sum is
 * then unknown. The caller holds the wallet's row lock, so that no reservation slips in beside it.
 */
export async function sumReserved(
  tx: Tx,
  query: {
    readonly wallet: WalletId;
    readonly currency: string;
    readonly now: Instant;
    readonly windowMs: number;
    readonly except?: TransferId;
  },
): Promise<bigint | undefined> {
  await tx.flush();
  const [sum] = await tx.execute<{ minor: string; unknown: string }[]>(
    `select coalesce(sum((values->>?)::numeric), 0)::text as minor,
            count(*) filter (where values->>? is null) as unknown
     from reservations
     where wallet_id = ? and released_at is null and at > ? and at <= ? and transfer_id <> ?`,
    [
      query.currency,
      query.currency,
      query.wallet,
      formatInstant(instant(Math.max(0, query.now - query.windowMs))),
      formatInstant(query.now),
      query.except ?? '',
    ],
  );
  return sum === undefined || Number(sum.unknown) > 0 ? undefined : BigInt(sum.minor);
}

/** Gives the reserved amount back, once: a second release changes nothing. */
export const releaseReservation = (tx: Tx, transfer: TransferId, now: Instant): Promise<number> =>
  tx.nativeUpdate(Reservation, { transfer, releasedAt: null }, { releasedAt: now });
