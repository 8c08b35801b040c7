/**
 * A transfer that was executed under another signature than the stored one. One key can sign the
 * same bytes in many ways, and the last signer to answer sees the signature first: it can keep it,
 * let the session fail, and send its own form of the very same payment.
 */
import type { MinedTransaction } from '#chains/adapter.ts';
import { equalBytes } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { record } from '#identity/services.ts';
import { transaction } from '#persistence/database.ts';
import { rowOfVersion, type Version } from '#persistence/fee-raise.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import { lockTransfer, type TransferRow } from '#persistence/transfer.ts';
import type { Services } from './services.ts';
import { appendTransferEvent, LEASE_MS } from './transition.ts';

/** Whether the key has signed the bytes of this draft there: then it is this payment. */
export const isSamePayment = (found: MinedTransaction, draft: Pick<Version, 'unsigned'>): boolean =>
  equalBytes(found.unsigned, draft.unsigned);

/**
 * From here on the transfer is followed, and sent again should the chain take it back, in the form
 * that a block holds: the version `ordinal`, from which nothing but the signature differs. A fee whose
 * raise the nodes did not hand over, or refused, may have been signed all the same.
 */
export async function adoptSignature(
  services: Services,
  transfer: TransferRow,
  found: MinedTransaction,
  ordinal: number,
): Promise<void> {
  const isAdopted = await transaction(services.db, async (tx) => {
    const locked = await lockTransfer(tx, transfer.id);
    if (locked.state !== 'BROADCAST') return false;
    const { nonce } = await tx.findOneOrFail(ChainTransaction, { transfer: transfer.id });
    const stored = await rowOfVersion(tx, transfer.id, ordinal);
    const detail = {
      hash: found.hash,
      insteadOf: stored.hash ?? '',
      nonce: nonce.toString(),
    };
    stored.raw = found.raw;
    stored.hash = found.hash;
    const now = services.clock.now();
    stored.signedAt ??= now;
    locked.waiting = null;
    locked.attempts = 0;
    locked.updatedAt = now;
    locked.dueAt = instant(now + LEASE_MS);
    await services.jobs.send(tx, { name: 'advance-transfer', transfer: transfer.id });
    await record(services, tx, {
      organization: transfer.organization,
      actor: 'system',
      action: 'transfer.foreign-signature',
      subject: transfer.id,
      detail,
    });
    await appendTransferEvent(tx, locked);
    return true;
  });
  if (!isAdopted) return;
  const fields = { transfer: transfer.id, hash: found.hash };
  services.log.error(fields, 'the chain holds a signature that the nodes never handed over');
}
