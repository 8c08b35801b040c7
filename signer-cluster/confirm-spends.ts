/**
 * The second step of a payment, where a quorum is not all nodes: shown a quorum's receipts, the node
 * tells which spends it knows, so that those who sign can count what one of them alone has missed.
 */
import { PlatformError } from '#core/errors.ts';
import { areCuts, readKnown } from '#mandate/known-spends.ts';
import type { ConfirmationSubject, Receipt } from '#mandate/receipt-text.ts';
import { requireQuorum } from '#mandate/quorum.ts';
import { receiptsHash, requireReceipts, soundReceipts } from '#mandate/receipt.ts';
import type { Confirmed } from '#mandate/spend-agreement.ts';
import { type Conversation, type Party, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { ConfirmRequest } from './proto/open-request.ts';
import type { ConfirmationFields, ConfirmAnswer } from './proto/receipt-fields.ts';
import { notariesOf, placesIn, receiptOf } from './receipts.ts';
import { requireRestored, restoredOf } from './set-backs.ts';

/** @throws SIGNERS_UNAVAILABLE without a quorum's receipts, EVIDENCE_REJECTED, INVALID_INPUT */
export async function serveConfirm(
  { party, stream }: Conversation,
  open: ConfirmRequest,
): Promise<Result> {
  const { organization, keyId } = activeKey(party, open.keyId);
  party.handover.requireComplete(organization);
  requireRestored(party, organization, [party.me]);
  const { intent, digests, receipts, untils } = open;
  if (!areCuts(untils)) {
    throw new PlatformError('INVALID_INPUT', { field: 'untils', reason: 'not ascending cuts' });
  }
  const spend = { kind: 'spend', organization, key: keyId, intent, digests } as const;
  const notaries = { ...notariesOf(party), mode: party.mode };
  const current = restoredOf(
    party,
    organization,
    party.starts.current(requireReceipts(receipts, spend, notaries)),
  );
  const parties = current.map((one) => one.party);
  requireQuorum(
    notaries,
    parties,
    'receipts of nodes that have not started since, or been set back (STARTED_ANEW)',
  );
  // Before anything comes of them: if one of these nodes is put back, this one must know.
  await party.standing.overhear(placesIn(current));
  const { known, ...told } = party.spends.of(organization).confirm(intent, untils);
  const subject = confirmationOf(organization, intent, receipts);
  const receipt = receiptOf(party, subject, { known: known.map((range) => ({ ...range })) });
  const content: ConfirmAnswer = { receipt, ...told };
  stream.send({ type: 'document', content: { text: JSON.stringify(content) } });
  return { publicKey: '', signatures: [], presignatures: [] };
}

const confirmationOf = (
  organization: string,
  intent: string,
  receipts: readonly Receipt[],
): ConfirmationSubject => ({
  kind: 'confirmation',
  organization,
  intent,
  receipts: receiptsHash(receipts),
});

/** What each of them said that it knows; one that does not hold is left out. */
export const confirmedBy = (
  party: Pick<Party, 'me' | 'committee' | 'starts' | 'setBacks' | 'authority'>,
  about: { readonly organization: string; readonly intent: string },
  receipts: readonly Receipt[],
  confirmations: readonly ConfirmationFields[],
): readonly Confirmed[] => {
  const subject = confirmationOf(about.organization, about.intent, receipts);
  const notaries = notariesOf(party);
  return confirmations.slice(0, notaries.members).flatMap(({ receipt, ids }) => {
    const current = party.starts.current(soundReceipts([receipt], subject, notaries));
    const [checked] = restoredOf(party, about.organization, current);
    if (checked === undefined) return [];
    const known = readKnown(checked.own['known']);
    return known === undefined ? [] : [{ party: checked.party, known, ids }];
  });
};
