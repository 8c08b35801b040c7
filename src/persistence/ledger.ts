/**
 * The spending ledger: one reservation for each transfer that was allowed or awaits approval, with
 * its value at its own time. It counts against limits until it is released.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { TransferId, WalletId } from '#core/ids.ts';
import { countsAgainstLimits, TRANSFER_STATES } from '#core/transfer-state.ts';
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
 * States in which the amount is still to leave: it counts however long ago it was asked for. So does
 * a FAILED transfer that is still looked at, because somebody may hold a signature of it.
 */
const STILL_TO_LEAVE = TRANSFER_STATES.filter(
  (state) => countsAgainstLimits(state) && !['BROADCAST', 'CONFIRMED'].includes(state),
);

/**
 * The minor units that count in the window after `now - windowMs`, without the transfer `except`: what
 * left in it, and all that is still to leave, because it may leave at any moment. There is no upper
 * end: another gateway's clock may be ahead, and what it reserved counts. Undefined when some
 * reservation has no value in that currency: the sum is then unknown. The caller holds the wallet's
 * row lock, so that no reservation slips in beside it.
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
  const start = formatInstant(instant(Math.max(0, query.now - query.windowMs)));
  const [sum] = await tx.execute<{ minor: string; unknown: string }[]>(
    `with counted as (
       select transfer_id, "values" from reservations
       where wallet_id = ? and at > ? and released_at is null
       union all
       select transfer_id, "values" from reservations join transfers on transfers.id = transfer_id
       where transfers.wallet_id = ? and at <= ? and released_at is null
         and (state in (${STILL_TO_LEAVE.map(() => '?').join(',')})
              or (state = 'FAILED' and due_at is not null))
     )
     select coalesce(sum(("values"->>?)::numeric), 0)::text as minor,
            count(*) filter (where "values"->>? is null) as unknown
     from counted where transfer_id <> ?`,
    [
      query.wallet,
      start,
      query.wallet,
      start,
      ...STILL_TO_LEAVE,
      query.currency,
      query.currency,
      query.except ?? '',
    ],
  );
  return sum === undefined || Number(sum.unknown) > 0 ? undefined : BigInt(sum.minor);
}

/** The amount leaves now: from here on it counts at this time, with the value that it had. */
export const dateReservation = (tx: Tx, transfer: TransferId, now: Instant): Promise<number> =>
  tx.nativeUpdate(Reservation, { transfer }, { at: now });

/** Gives the reserved amount back, once: a second release changes nothing. */
export const releaseReservation = (tx: Tx, transfer: TransferId, now: Instant): Promise<number> =>
  tx.nativeUpdate(Reservation, { transfer, releasedAt: null }, { releasedAt: now });
