/** Changes of authority that a worker brings, and this node's receipt of how far its log has come. */
import { parseId } from '#core/ids.ts';
import { areWitnesses, requireWitnesses } from '#mandate/receipt.ts';
import type { Witness } from './authority.ts';
import { formerNotaries } from './handover.ts';
import type { Conversation, Party } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { AuthorityRequest } from './proto/open-request.ts';
import { notariesOf, receiptOf } from './receipts.ts';

/**
 * Asked without entries, a node tells where it is.
 * @throws what `Authority.take` throws
 */
export async function serveAuthority(
  { party, stream }: Conversation,
  open: AuthorityRequest,
): Promise<Result> {
  const organization = parseId('organization', open.organization, 'organization');
  const head = await party.authority.take({ ...open, organization }, witnessOf(party, open));
  const receipt = receiptOf(party, { kind: 'change', organization, authority: head }, {});
  stream.send({ type: 'document', content: { text: JSON.stringify({ head, receipt }) } });
  return { publicKey: '', signatures: [], presignatures: [] };
}

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
