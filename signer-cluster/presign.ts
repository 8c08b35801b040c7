/** Filling a pool: a batch of presignatures that no message is known for yet. */
import { type Bytes, concat, hex, parseHex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { ProtocolAbort } from '#signing/kernel.ts';
import { authorityOf } from './authority.ts';
import { requireSameHoldings } from './hello.ts';
import {
  type Conversation,
  type Party,
  activeKey,
  activePairs,
  begin,
  requireSigners,
} from './party.ts';
import { type Pool, type Presigned, erase } from './presignatures.ts';
import type { Result } from './proto/frames.ts';
import type { PresignRequest } from './proto/open-request.ts';
import { schemeOf } from './protocols.ts';
import type { Session } from './session.ts';
import { pairEpochOf } from './store.ts';
import { agreeOn } from './succession.ts';
import type { Perform, Tasks } from './tasks.ts';

const ID_BYTES = 32;

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function servePresign(
  conversation: Conversation,
  open: PresignRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, distrust, presignatures, refill, protocols, perform } = party;
  const { signers, count } = open;
  const key = activeKey(party, open.keyId);
  authorityOf(party, key.organization);
  requireSigners(party, signers, key.threshold, key.parties);
  const pairEpoch = pairEpochOf(store, key.organization);
  about.circle = { organization: key.organization, epoch: pairEpoch, signers };
  distrust.requireTrusted(about.circle);
  if (schemeOf(protocols, key.scheme).presigning === undefined) {
    const reason = `${key.scheme} has no presignatures`;
    throw new PlatformError('INVALID_INPUT', { field: 'keyId', reason });
  }
  const pool: Pool = { ...about.circle, keyId: key.keyId, keyEpoch: key.epoch };
  const release = await refill.admit(pool, open);
  try {
    presignatures.requireRoom(pool, count);
    const pairs = activePairs(store, key).pairs;
    const publicKey = hex(key.publicKey);
    stream.send({ type: 'accepted', content: { publicKey } });
    const request = hashOf({ domain: 'countersign/presigning/v1', count, nonce: open.nonce });
    const session = await begin(conversation, {
      ...key,
      committee: committee.hash,
      purpose: 'presign',
      signers,
      keyEpoch: key.epoch,
      pairEpoch,
      request,
    });
    requireSameHoldings(session.hellos);
    await party.guard.recordSession(session.sid, key.keyId);
    await shareInventory(session, conversation, pool);
    const { scheme, share } = key;
    const taken = { scheme, me: party.me, parties: signers, share, pairs };
    const made = await makeBatch(session, perform, taken, count);
    requireServes(party, pool, made);
    presignatures.add(pool, made);
    release(true);
    return { publicKey, signatures: [], presignatures: presignatures.fresh(pool) };
  } finally {
    release(false);
  }
}

/** Whatever another signer has lost - it was started again - is of no use here either. */
async function shareInventory(
  session: Session,
  { party: { presignatures } }: Conversation,
  pool: Pool,
): Promise<void> {
  const own = concat(...presignatures.held(pool).map((id) => parseHex(id)));
  const incoming = await session.exchange({ broadcast: own });
  const others = [...incoming].map(
    ([peer, { broadcast = new Uint8Array() }]) => new Set(idsIn(broadcast, peer)),
  );
  presignatures.keepOnly(pool, (id) => others.every((ids) => ids.has(id)));
}

/** @throws ProtocolAbort `cheat` `MALFORMED_BODY`: the body was authenticated */
function idsIn(body: Bytes, from: number): readonly string[] {
  if (body.length % ID_BYTES !== 0) throw new ProtocolAbort('cheat', 'MALFORMED_BODY', [from]);
  return Array.from({ length: body.length / ID_BYTES }, (_, index) =>
    hex(body.subarray(index * ID_BYTES, (index + 1) * ID_BYTES)),
  );
}

/**
 * While they were made, a peer may have been banned, or the key refreshed or exported: then they would
 * lie in a pool that nobody empties.
 * @throws KEY_LOCKED, SIGNERS_UNAVAILABLE
 */
export function requireServes(
  party: Pick<Party, 'store' | 'distrust' | 'exported'>,
  pool: Pool,
  made: readonly Presigned[],
): void {
  try {
    party.distrust.requireTrusted(pool);
    const { epoch } = activeKey(party, pool.keyId);
    if (epoch === pool.keyEpoch && pairEpochOf(party.store, pool.organization) === pool.epoch)
      return;
    throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the key was replaced meanwhile' });
  } catch (error) {
    for (const one of made) erase(one);
    throw error;
  }
}

/** All of the batch or none: a node adds what every signer says it has, and erases it otherwise. */
export async function makeBatch(
  session: Pick<Session, 'run' | 'context' | 'sharedWith' | 'exchange'>,
  perform: Perform,
  taken: Omit<Tasks['presign']['takes'], 'context'>,
  count: number,
): Promise<readonly Presigned[]> {
  const made: Presigned[] = [];
  const peers = taken.parties.filter((party) => party !== taken.me);
  try {
    for (let index = 0; index < count; index++) {
      const context = session.context(`presign-${index}`);
      const { id, secret } = await session.run(perform('presign', { ...taken, context }));
      const links = new Map(peers.map((peer) => [peer, session.sharedWith(peer, hex(id))]));
      made.push({ id: hex(id), secret, links });
    }
    await agreeOn(session, 'presigned', made.map(({ id }) => id).join());
    return made;
  } catch (error) {
    for (const one of made) erase(one);
    throw error;
  }
}
