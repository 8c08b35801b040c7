/** Letting a key leave: this node's share, in a box for the recipient, after which it signs no more. */
import { hex, parseHex } from '#core/bytes.ts';
import { canonicalText, hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { exportedText } from '#signing/lifecycle/exported-text.ts';
import { requireOrdered } from './key-order.ts';
import { type Conversation, begin, requireSigners, reserve } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { ExportKeyRequest } from './proto/open-request.ts';
import { type KeyRecord, type Store, pairEpochOf } from './store.ts';
import { agreeOn } from './succession.ts';

/**
 * How many holders must take part in what ends or moves a key: enough to do it, and so many that fewer
 * than `threshold` are left behind who could still sign.
 */
export const contributorsOf = ({
  parties,
  threshold,
}: Pick<KeyRecord, 'parties' | 'threshold'>): number =>
  Math.max(threshold, parties.length - threshold + 1);

/** @throws EVIDENCE_REJECTED when there is no such key here */
export function heldKey(store: Store, keyId: string): KeyRecord {
  const stored = store.keys.get(keyId);
  if (stored?.committed === true) return stored.record;
  throw new PlatformError('EVIDENCE_REJECTED', { field: 'key', reason: 'no such key here' });
}

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveExportKey(
  conversation: Conversation,
  open: ExportKeyRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, distrust, making, approvals, exported, perform } = party;
  // A key that was exported may be exported again, by new words: an answer can get lost.
  const key = heldKey(store, open.keyId);
  const { keyId, organization, publicKey } = key;
  const { signers, recipient } = open;
  requireOrdered(party, key, 'exportKey', { keyId, recipient, exporters: signers });
  requireSigners(party, signers, contributorsOf(key), key.parties);
  const leaving = { key: keyId, recipient };
  const approval = exported.isBegun(leaving, party.now())
    ? undefined
    : approvals.require({ operation: 'export', ...leaving });
  const pairEpoch = pairEpochOf(store, organization);
  about.circle = { organization, epoch: pairEpoch, signers };
  distrust.requireTrusted(about.circle);
  const release = reserve(making, [keyId]);
  try {
    stream.send({ type: 'accepted', content: { publicKey: hex(publicKey) } });
    const subject = { ...key, committee: committee.hash, signers, keyEpoch: key.epoch, pairEpoch };
    const request = hashOf({ domain: 'countersign/export/v1', recipient });
    const session = await begin(conversation, { ...subject, purpose: 'exportKey', request });
    await party.guard.recordSession(session.sid, keyId);
    await agreeOn(session, 'exporting', canonicalText({ recipient, sid: key.sid }));
    if (approval !== undefined) {
      // In one entry: a crash must not leave the word used and nothing begun.
      const used = approvals.spend(approval);
      await exported.begin({ ...leaving, approval: used, until: approval.expires });
    }
    party.presignatures.burnPools((pool) => pool.keyId === keyId);
    const box = await session.run(
      perform('exportShare', {
        scheme: key.scheme,
        context: session.context('export'),
        share: key.share,
        exporters: signers,
        recipient: parseHex(recipient),
      }),
    );
    stream.send({ type: 'document', content: { text: exportedText(key.scheme, box) } });
    await agreeOn(session, 'exported', canonicalText({ recipient, sid: key.sid }));
    await exported.end(keyId);
    return { publicKey: hex(publicKey), signatures: [], presignatures: [] };
  } finally {
    release();
  }
}
