/** Refreshing a key: new shares for the same holders, and new secrets between all pairs of nodes. */
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { PartyId } from '#signing/kernel.ts';
import { ANY_EPOCH, NO_REQUEST } from './hello.ts';
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
import { schemeOf } from './protocols.ts';
import type { Session } from './session.ts';
import { lifeOf } from './share-kinds.ts';
import { type KeyRecord, pairEpochOf } from './store.ts';
import { type Part, agreeOn, settle, takeOver } from './succession.ts';
import { testSignatures } from './test-signatures.ts';

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveRefreshKey(
  conversation: Conversation,
  open: RefreshKeyRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, distrust, making } = party;
  const key = activeKey(store, open.keyId);
  const { keyId, organization, parties: signers } = key;
  requireSigners(party, open.signers, signers.length, signers);
  about.circle = { organization, epoch: pairEpochOf(store, organization), signers };
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
    const parts = partsOf(party, key);
    const completed = await settle(session, party.me, parts, party.readiness);
    if (!completed) {
      await prepareRefresh(session, party, activeKey(store, keyId), parts);
      await takeOver(session, parts, party.readiness, async () => undefined);
    }
    return { publicKey: hex(key.publicKey), signatures: [] };
  } finally {
    release();
  }
}

/** The pairs change with a key that all nodes hold: those of fewer would be of two set-ups. */
function partsOf({ store, committee, protocols }: Party, key: KeyRecord): readonly Part[] {
  const withPairs =
    schemeOf(protocols, key.scheme).needsPairs && key.parties.length === committee.members.length;
  const pairs: Part = { stage: 'pairs', shelf: store.pairs, name: key.organization };
  return [...(withPairs ? [pairs] : []), { stage: 'key', shelf: store.keys, name: key.keyId }];
}

/** The first phase: successors on disk everywhere, and signatures under them. */
async function prepareRefresh(
  session: Session,
  party: Party,
  key: KeyRecord,
  parts: readonly Part[],
): Promise<void> {
  const { me, random, store, protocols } = party;
  const { organization, parties, threshold, scheme } = key;
  const held = store.pairs.get(organization)?.record;
  let pairs: ReadonlyMap<PartyId, Bytes> = held?.pairs ?? new Map();
  if (held !== undefined && parts.some(({ stage }) => stage === 'pairs')) {
    const ceremony = { me, parties, random, context: session.context('pairs') };
    pairs = await session.run(protocols.setUpPairs(ceremony));
    await store.pairs.prepare({ ...held, epoch: held.epoch + 1, sid: session.sid, pairs });
  }
  const context = session.context('refresh');
  const share = await session.run(lifeOf(scheme).refresh({ context, random, share: key.share }));
  await store.keys.prepare({ ...key, epoch: key.epoch + 1, sid: session.sid, share });
  const outcome = hashOf({ epoch: key.epoch + 1, publicKey: hex(key.publicKey) });
  await agreeOn(session, 'prepared', hex(outcome));
  const tested = { me, parties, threshold, scheme: schemeOf(protocols, scheme) };
  await testSignatures(session, { ...tested, share, pairs, random });
}
