/**
 * Changes of authority that a worker brings, and this node's receipt of how far its log has come. It takes them
 * in any state; it signs that it has them once it knows where it was before its start (`starts.ts`).
 */
import { parseId } from '#core/ids.ts';
import type { AuthorityHead } from '#mandate/authority/chain.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import { areWitnesses, requireWitnesses } from '#mandate/receipt.ts';
import type { Witness } from './authority.ts';
import { formerNotaries } from './handover.ts';
import type { Conversation, Party } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { AuthorityRequest } from './proto/open-request.ts';
import { notariesOf, receiptOf } from './receipts.ts';

/**
 * Asked without entries, a node tells where it is. Without a receipt it tells why.
 * @throws what `Authority.take` throws
 */
export async function serveAuthority(
  { party, stream }: Conversation,
  open: AuthorityRequest,
): Promise<Result> {
  const organization = parseId('organization', open.organization, 'organization');
  const head = await party.authority.take({ ...open, organization }, witnessOf(party, open));
  const why = objectionTo(party, organization);
  const word =
    why === undefined ? { receipt: changeReceipt(party, organization, head) } : { waits: why };
  stream.send({ type: 'document', content: { text: JSON.stringify({ head, ...word }) } });
  return { publicKey: '', signatures: [], presignatures: [] };
}

/** Why this node does not sign how far its log goes: it may have signed something else before its start. */
function objectionTo({ starts }: Party, organization: string): string | undefined {
  const objection = starts.objection() ?? starts.logObjection(organization);
  return objection && String(objection.context['reason']);
}

export const changeReceipt = (party: Party, organization: string, head: AuthorityHead): Receipt =>
  receiptOf(party, { kind: 'change', organization, authority: head }, {});

/**
 * What an honest node has in writing is old news that this one has missed, however long ago it was signed.
 * The receipts name the head after the last of the entries, which covers all of them. Those of the record
 * before count as well: a committee of new nodes has nobody else to hear it from.
 */
function witnessOf(party: Party, { organization, head, receipts }: AuthorityRequest): Witness {
  if (receipts.length === 0) return 'worker';
  const subject = { kind: 'change', organization, authority: head } as const;
  const { committee } = party;
  const former = committee.previous && formerNotaries(committee, committee.previous);
  if (former === undefined || !areWitnesses(receipts, subject, former)) {
    requireWitnesses(receipts, subject, notariesOf(party));
  }
  return head;
}
