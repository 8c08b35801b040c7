/** Refreshing a key: new shares for the same holders, and new secrets between all pairs of nodes. */
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { PartyId } from '#signing/kernel.ts';
import { ANY_EPOCH, NO_REQUEST } from './hello.ts';
import { hedgeOf } from './identity.ts';
import { requireOrdered } from './key-order.ts';
import {
  type Conversation,
  type Party,
  activeKey,
  begin,
  requireSigners,
  reserve,
} from './party.ts';
import type { Result } from './proto/frames.ts';
import type { RefreshKeyRequest } from './proto/open-request.ts';
import { pardonedBy } from './readmission.ts';
import type { Session } from './session.ts';
import { type KeyRecord, pairEpochOf } from './store.ts';
import { type Part, agreeOn, partsFor, settle, takeOver } from './succession.ts';
import { testSignatures } from './test-signatures.ts';

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveRefreshKey(
  conversation: Conversation,
  open: RefreshKeyRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, distrust, making } = party;
  const key = activeKey(party, open.keyId);
  const { keyId, organization, parties: signers } = key;
  requireOrdered(party, key, 'refreshKey', { keyId });
  requireSigners(party, open.signers, signers.length, signers);
  const readmissions = readmissionsOf(party, key);
  const circle = { organization, epoch: pairEpochOf(store, organization), signers };
  const readmitted = readmissions.map(({ peer }) => peer);
  about.circle = { ...circle, pardoned: pardonedBy(party, key, circle, readmitted) };
  distrust.requireTrusted(about.circle);
  const release = reserve(making, [keyId, organization]);
  try {
    stream.send({ type: 'accepted', content: { publicKey: hex(key.publicKey) } });
    const subject = { ...key, committee: committee.hash, signers, ...ANY_EPOCH };
    const session = await begin(conversation, {
      ...subject,
      purpose: 'refreshKey',
      request: NO_REQUEST,
    });
    await party.guard.recordSession(session.sid, keyId);
    const parts = partsFor(party, key, replacesPairs(party, key));
    const { me, readiness } = party;
    const words = () => readmissions.map(({ approval }) => party.approvals.spend(approval));
    const completed = await settle(session, { me, parts, required: signers, readiness, words });
    if (!completed) {
      await prepareRefresh(session, party, activeKey(party, keyId), parts);
      await takeOver(session, parts, readiness, words);
    }
    return { publicKey: hex(key.publicKey), signatures: [], presignatures: [] };
  } finally {
    release();
  }
}

/**
 * Peers that an operator lets back in. What a ban is about are the secrets of the pair, so that it is
 * lifted by new ones only, and all pairs change together.
 */
function readmissionsOf(party: Party, key: KeyRecord) {
  const { organization, parties } = key;
  if (!replacesPairs(party, key)) return [];
  return parties.flatMap((peer) => {
    const approval = party.approvals.find({ operation: 'readmit', organization, party: peer });
    return approval === undefined ? [] : [{ peer, approval }];
  });
}

/** The pairs change with a key that all nodes hold: those of fewer would be of two set-ups. */
const replacesPairs = ({ committee }: Party, key: KeyRecord): boolean =>
  key.parties.join() === committee.members.map(({ party }) => party).join();

/** The first phase: successors on disk everywhere, and signatures under them. */
async function prepareRefresh(
  session: Session,
  party: Party,
  key: KeyRecord,
  parts: readonly Part[],
): Promise<void> {
  const { me, store, perform } = party;
  const { organization, parties, threshold, scheme } = key;
  let pairs = store.pairs.get(organization)?.record.pairs ?? new Map<PartyId, Bytes>();
  if (parts.some(({ stage }) => stage === 'pairs')) {
    const hedge = hedgeOf(store.identity);
    const ceremony = { me, parties, context: session.context('pairs'), hedge };
    ({ pairs } = await session.run(perform('setUpPairs', ceremony)));
    const epoch = pairEpochOf(store, organization) + 1;
    await store.pairs.prepare({ organization, epoch, sid: session.sid, pairs });
  }
  const context = session.context('refresh');
  const { share } = await session.run(perform('refresh', { scheme, context, share: key.share }));
  await store.keys.prepare({ ...key, epoch: key.epoch + 1, sid: session.sid, share });
  const outcome = hashOf({ epoch: key.epoch + 1, publicKey: hex(key.publicKey) });
  await agreeOn(session, 'prepared', hex(outcome));
  await testSignatures(session, perform, { me, parties, threshold, scheme, share, pairs });
}
