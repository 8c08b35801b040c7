/**
 * The end of a payment that some nodes have in writing and others refuse: each gives its word that it does
 * nothing more for it, and once enough of them have, it counts no more (docs/adr/0017).
 */
import { hex, utf8 } from '#core/bytes.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { parseInstant } from '#core/time.ts';
import { requireInitiated } from '#mandate/initiated-spend.ts';
import { parseIntent } from '#mandate/intent.ts';
import type { WithdrawalSubject } from '#mandate/receipt-text.ts';
import { soundReceipts } from '#mandate/receipt.ts';
import { STAGES, type Stage } from '#mandate/withdrawal.ts';
import { authorityOf } from './authority.ts';
import { type Conversation, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { BuryRequest, WithdrawRequest } from './proto/open-request.ts';
import { notariesOf, placesIn, receiptOf } from './receipts.ts';
import { requireRestored, restoredOf } from './set-backs.ts';

const NOTHING: Result = { publicKey: '', signatures: [], presignatures: [] };

/**
 * It takes the initiator's signature, so that nobody fills a disk with words about payments that there are not.
 * @throws EVIDENCE_REJECTED, also when a share may have left this node; SIGNERS_UNAVAILABLE
 */
export async function serveWithdraw(
  { party, stream }: Conversation,
  { keyId, intent: text, initiator }: WithdrawRequest,
): Promise<Result> {
  const key = activeKey(party, keyId);
  const { organization } = key;
  const state = authorityOf(party, organization);
  // A word about a payment of the record before would not bind those who have left.
  party.handover.requireComplete(organization);
  requireRestored(party, organization, [party.me]);
  const couldInitiate = (id: string) => party.authority.couldInitiate(organization, id);
  requireInitiated({ intent: text, initiator }, { state, key, couldInitiate });
  party.starts.requireNoShareBefore(parseInstant(parseIntent(text).created));
  const intent = hex(sha256(utf8(text)));
  const stage = await party.spends.withdraw(organization, intent);
  const receipt = receiptOf(party, subjectOf(organization, intent), { stage });
  stream.send({ type: 'document', content: { text: JSON.stringify(receipt) } });
  return NOTHING;
}

/** @throws EVIDENCE_REJECTED when too few nodes have withdrawn from it */
export async function serveBury(
  { party }: Conversation,
  { keyId, intent, withdrawals }: BuryRequest,
): Promise<Result> {
  const { organization } = activeKey(party, keyId);
  // Whoever hears this node's spends in pages must not miss one because an earlier one went in between.
  party.handover.requireComplete(organization);
  requireRestored(party, organization, [party.me]);
  const subject = subjectOf(organization, intent);
  const sound = soundReceipts(withdrawals, subject, notariesOf(party));
  const current = restoredOf(party, organization, party.starts.current(sound));
  const words = current.flatMap(({ party: from, own }) => {
    const stage = STAGES.find((known) => known === own['stage']);
    return stage === undefined ? [] : [[from, stage] as const];
  });
  await party.standing.overhear(placesIn(current));
  await party.spends.bury(organization, intent, new Map<number, Stage>(words));
  return NOTHING;
}

const subjectOf = (organization: string, intent: string): WithdrawalSubject => ({
  kind: 'withdrawal',
  organization,
  intent,
});
