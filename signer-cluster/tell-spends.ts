/** The two questions of a handover, each asked of a node alone (`handover.ts`). */
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { Conversation } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { HandoverRequest, TakeHandoverRequest } from './proto/open-request.ts';
import { receiptOf } from './receipts.ts';

const NOTHING: Result = { publicKey: '', signatures: [], presignatures: [] };

/** @throws FORBIDDEN where this node's word does not count */
export async function serveHandover(
  { party, stream }: Conversation,
  { from }: HandoverRequest,
): Promise<Result> {
  const { previous } = party.committee;
  if (previous === undefined || !party.handover.canTell) {
    const reason = 'this node was no member of the record before, or missed what was before that';
    throw new PlatformError('FORBIDDEN', { reason });
  }
  // Who has left may be the only one that has heard how far this node had come.
  party.starts.requireToldBy(previous.parties);
  const subject = { kind: 'handover', previous: previous.hash, from } as const;
  const receipt = receiptOf(party, subject, party.handover.tell(from));
  stream.send({ type: 'document', content: { text: JSON.stringify(receipt) } });
  return NOTHING;
}

/** @throws EVIDENCE_REJECTED for a page that its teller has not signed, SIGNERS_UNAVAILABLE */
export async function serveTakeHandover(
  { party, stream }: Conversation,
  { pages }: TakeHandoverRequest,
): Promise<Result> {
  await party.handover.take(pages);
  const answer = { isComplete: party.handover.isComplete, record: hex(party.committee.hash) };
  stream.send({ type: 'document', content: { text: JSON.stringify(answer) } });
  return NOTHING;
}
