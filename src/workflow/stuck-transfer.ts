/**
 * A payment that no block takes because others offer more: after a while the platform raises its fee by
 * itself, within the cap that its initiator signed.
 */
import { isPlatformError } from '#core/errors.ts';
import { MINUTE_MS } from '#core/time.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { reader, transaction } from '#persistence/database.ts';
import type { Payment } from '#persistence/fee-raise.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import { Transfer, type TransferRow } from '#persistence/transfer.ts';
import type { Services } from './services.ts';
import { draftRaise, storeRaise } from './speed-up.ts';

/** How long its newest transaction waits before another one is to take its place. */
export const STUCK_AFTER_MS = 10 * MINUTE_MS;

/** How often at most, so that two of the five that nodes sign are left to people. */
export const RAISES_MAX = 3;

/**
 * Raises the fee where that helps: the payment is the account's next one, and new payments offer more by
 * now. A cap that is reached, an empty wallet or a chain that does not answer leaves it as it is.
 * @returns whether a higher fee is to be signed
 */
export async function raiseIfStuck(
  services: Services,
  transfer: TransferRow,
  payment: Payment,
): Promise<boolean> {
  if (!isStuck(services, transfer, payment)) return false;
  if (await waitsForEarlier(services, payment)) return false;
  try {
    const drafted = await draftRaise(services, transfer);
    if (!drafted.isOutbid) return false;
    const asked = { by: 'system' } as const;
    await transaction(services.db, (tx) =>
      storeRaise(services, tx, transfer.id, { drafted, asked }),
    );
    return true;
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    services.log.info({ error, transfer: transfer.id }, 'the fee of a payment cannot be raised');
    return false;
  }
}

function isStuck(
  { clock }: Services,
  { network, expiresAt }: TransferRow,
  { raises, versions }: Payment,
): boolean {
  if (!verbsOf(findNetwork(network)).feesRise || raises.length >= RAISES_MAX) return false;
  const now = clock.now();
  const newest = Math.max(...versions.map(({ createdAt }) => createdAt));
  return now < expiresAt && now - newest >= STUCK_AFTER_MS;
}

/** Blocks take an account's payments in their order: what waits for another one gains nothing. */
async function waitsForEarlier(
  { db }: Services,
  { first: { network, address, nonce } }: Payment,
): Promise<boolean> {
  const earlier = await reader(db).find(ChainTransaction, {
    network,
    address,
    nonce: { $lt: nonce },
    raw: { $ne: null },
    minedHash: null,
  });
  const ids = earlier.map(({ transfer }) => transfer);
  return (await reader(db).count(Transfer, { id: ids, state: 'BROADCAST' })) > 0;
}
