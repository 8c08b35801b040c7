/** What a node may tell a worker of a key that it holds: who signs with it, and how many together. */
import { hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { type Conversation, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { DescribeKeyRequest } from './proto/open-request.ts';

/** @throws EVIDENCE_REJECTED when this node holds no share of the key, KEY_LOCKED, SIGNERS_UNAVAILABLE */
export async function serveDescribeKey(
  { party, stream }: Conversation,
  open: DescribeKeyRequest,
): Promise<Result> {
  const { epoch, parties, threshold, publicKey } = activeKey(party, open.keyId);
  const text = canonicalText({ epoch, holders: [...parties], threshold });
  stream.send({ type: 'accepted', content: { publicKey: hex(publicKey) } });
  stream.send({ type: 'document', content: { text } });
  return { publicKey: hex(publicKey), signatures: [], presignatures: [] };
}
