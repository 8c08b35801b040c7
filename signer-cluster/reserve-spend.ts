/**
 * The first step of a payment: the node verifies the mandate, has the spend in writing, and says so
 * with a receipt. From then on the intent stands for these bytes, and the amount counts here.
 */
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { spendText } from '#mandate/spend-text.ts';
import { instant, parseInstant } from '#core/time.ts';
import type { OwnWord, SpendSubject } from '#mandate/receipt-text.ts';
import { requireThawed } from './authority.ts';
import type { Evidence } from './evidence.ts';
import { decideAlone } from './own-decision.ts';
import { type Conversation, type Party, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { ReserveRequest } from './proto/open-request.ts';
import { receiptOf } from './receipts.ts';
import { requireRestored } from './set-backs.ts';
import type { Spend } from './spends.ts';
import type { KeyRecord } from './store.ts';

/** @throws EVIDENCE_REJECTED, KEY_LOCKED, SIGNERS_UNAVAILABLE, AUDIT_UNAVAILABLE */
export async function serveReserve(
  { party, stream, about }: Conversation,
  open: ReserveRequest,
): Promise<Result> {
  const key = activeKey(party, open.keyId);
  requireThawed(party, key.organization);
  party.handover.requireComplete(key.organization);
  requireRestored(party, key.organization, [party.me]);
  party.starts.requireLog(key.organization);
  requireAuthority(party, key.organization, open.authority);
  const prices = await party.prices();
  const evidence = decideAlone(party, open.mandate, key, prices);
  const spend = spendOf(key, evidence);
  about.expires = instant(spend.expires);
  party.spends.of(key.organization).requireOpen(spend.id);
  party.guard.bind({ ...spend, ...standsFor(evidence), intent: spend.id });
  await party.spends.record(spend);
  const publicKey = hex(evidence.wallet.publicKey);
  stream.send({ type: 'accepted', content: { publicKey } });
  const receipt = receiptOf(party, subjectOf(spend), ownWordOf(party, key.organization));
  stream.send({ type: 'document', content: { text: JSON.stringify(receipt) } });
  return { publicKey, signatures: [], presignatures: [] };
}

/** What a longer log allows, this node would refuse for good. */
function requireAuthority({ authority }: Party, organization: string, sequence: number): void {
  const head = authority.find(organization)?.head.sequence ?? 0;
  if (head >= sequence) return;
  const reason = `this node's log of authority ends at ${head}, not at ${sequence} (AUTHORITY_BEHIND)`;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
}

/** Where this node's log of authority and its clock are, for those who rely on the receipt. */
function ownWordOf({ authority, now, mode }: Party, organization: string): OwnWord {
  const state = authority.find(organization);
  return {
    at: now(),
    ...(mode === 'availability' ? { mode } : {}),
    ...(state === undefined ? {} : { authority: { ...state.head } }),
  };
}

/** The transactions of which the intent may become any one, as its ledger has them. */
export const standsFor = ({
  spend,
}: Evidence): { readonly transactions?: readonly (readonly string[])[] } =>
  spend === undefined ? {} : { transactions: spend.transactions.map(({ digests }) => digests) };

export const spendOf = (
  key: KeyRecord,
  { intent, initiator, intentHash, payloads, spend }: Evidence,
): Spend => ({
  id: intentHash,
  organization: key.organization,
  key: key.keyId,
  digests: payloads.map(({ digest }) => hex(digest)),
  created: parseInstant(intent.created),
  expires: parseInstant(intent.expires),
  ...(spend === undefined ? {} : { counted: spendText(spend) }),
  initiators: [initiator],
});

export const subjectOf = ({ id, organization, key, digests }: Spend): SpendSubject => ({
  kind: 'spend',
  organization,
  key,
  intent: id,
  digests,
});
