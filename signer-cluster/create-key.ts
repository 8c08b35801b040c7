/**
 * Making a key: all nodes or none. What the committee makes together - the organisation's pair set-up,
 * then the key - goes through two phases: each node stores its part PREPARED and says so; a node that
 * has heard so from all stores COMMITTED. The hellos of a session carry the same statement, so a crash
 * at any moment is settled by asking again for the same key:
 * - all hold a part of the same session: it is complete everywhere, everybody says so once more in
 *   this session - a relay may have kept a hello of an earlier one - and commits it;
 * - somebody lacks it: nobody can have committed it, and a new one is made in its place.
 */
import { type Bytes, hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { type KeyId, type OrganizationId, parseId } from '#core/ids.ts';
import { type Scheme, parseScheme } from '#core/scheme.ts';
import type { PartyId } from '#signing/kernel.ts';
import { ANY_EPOCH, type Held, type Hello, NO_REQUEST } from './hello.ts';
import { hedgeOf } from './identity.ts';
import { requireKeyOrdered } from './key-order.ts';
import { type Conversation, begin, requireSigners, reserve } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { CreateKeyRequest } from './proto/open-request.ts';
import { type Protocols, schemeOf } from './protocols.ts';
import type { Session } from './session.ts';
import type { Shelf, Versioned } from './shelf.ts';
import { FIRST_EPOCH, type Store, pairEpochOf } from './store.ts';
import { agreeOn } from './succession.ts';
import type { Perform } from './tasks.ts';

export type KeyRequest = {
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly scheme: Scheme;
};

export type KeyMaking = {
  readonly me: PartyId;
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  readonly protocols: Protocols;
  readonly perform: Perform;
  readonly store: Store;
};

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serveCreateKey(
  conversation: Conversation,
  open: CreateKeyRequest,
): Promise<Result> {
  const { party, stream, about } = conversation;
  const { committee, store, making, protocols } = party;
  const request: KeyRequest = {
    keyId: parseId('key', open.keyId, 'keyId'),
    organization: parseId('organization', open.organization, 'organization'),
    scheme: parseScheme(open.scheme),
  };
  const { keyId, organization } = request;
  requireKeyOrdered(party, request);
  const { signers } = open;
  const { needsPairs } = schemeOf(protocols, request.scheme);
  requireSigners(party, signers, committee.members.length);
  about.circle = { organization, epoch: pairEpochOf(store, organization), signers };
  party.distrust.requireTrusted(about.circle);
  requireSameKey(store, request);
  const hasPairs = !needsPairs || store.pairs.get(organization)?.committed === true;
  const release = reserve(making, [keyId, ...(hasPairs ? [] : [organization])]);
  try {
    stream.send({ type: 'accepted', content: { publicKey: '' } });
    const session = await begin(conversation, {
      ...request,
      committee: committee.hash,
      purpose: 'createKey',
      signers,
      ...ANY_EPOCH,
      request: NO_REQUEST,
    });
    await party.guard.recordSession(session.sid, keyId);
    const { me, perform } = party;
    const { threshold } = committee;
    const parts = { me, parties: signers, threshold, protocols, perform, store };
    const publicKey = await createKey(session, parts, request);
    stream.send({ type: 'document', content: { text: chainCodeOf(store, keyId) } });
    return { publicKey: hex(publicKey), signatures: [], presignatures: [] };
  } finally {
    release();
  }
}

/** With it everybody sees the addresses below the key; it signs nothing. Hex. */
export const chainCodeOf = (store: Store, keyId: string): string =>
  hex(store.keys.get(keyId)?.record.chainCode ?? new Uint8Array());

/**
 * An import that a crash interrupted is finished by an import: its operators' words are used up by that.
 * @throws IDEMPOTENCY_CONFLICT when the key id stands for another organisation or scheme, or an import
 */
function requireSameKey(store: Store, request: KeyRequest): void {
  const held = store.keys.get(request.keyId)?.record;
  if (held === undefined) return;
  const { organization, scheme, provenance } = held;
  const isMadeHere = provenance === 'generated';
  if (organization === request.organization && scheme === request.scheme && isMadeHere) return;
  throw new PlatformError('IDEMPOTENCY_CONFLICT', {
    reason: 'this key id stands for a key of another organisation, scheme or provenance',
  });
}

/**
 * The key's public key, 33 bytes, when it is COMMITTED here and PREPARED or COMMITTED on every node.
 * @throws ProtocolAbort, KEY_LOCKED when a node has lost what others committed
 */
export async function createKey(
  session: Session,
  making: KeyMaking,
  request: KeyRequest,
): Promise<Bytes> {
  const { store, protocols, perform, me, parties, threshold } = making;
  const { keyId, organization, scheme } = request;
  const made = { epoch: FIRST_EPOCH, sid: session.sid };
  const ceremony = (stage: string) => ({ me, parties, context: session.context(stage) });

  if (schemeOf(protocols, scheme).needsPairs) {
    await agreeOnPart(session, {
      stage: 'pairs',
      shelf: store.pairs,
      name: organization,
      async make() {
        const hedge = hedgeOf(store.identity);
        const { pairs } = await session.run(perform('setUpPairs', { ...ceremony('pairs'), hedge }));
        await store.pairs.prepare({ organization, ...made, pairs });
        return 'prepared';
      },
    });
  }
  await agreeOnPart(session, {
    stage: 'key',
    shelf: store.keys,
    name: keyId,
    async make() {
      const taken = { scheme, threshold, ...ceremony('key') };
      const key = await session.run(perform('keygen', taken));
      const provenance = 'generated';
      const record = { keyId, organization, scheme, parties, threshold, provenance } as const;
      await store.keys.prepare({ ...record, ...made, ...key });
      return `${hex(key.publicKey)} ${hex(key.chainCode)}`;
    },
  });
  const stored = store.keys.get(keyId);
  if (stored?.committed !== true) throw new Error('a created key is committed');
  return stored.record.publicKey;
}

/** What a committee makes together. */
export type NewPart = {
  readonly stage: 'pairs' | 'key';
  readonly shelf: Pick<Shelf<Versioned>, 'get' | 'commit'>;
  readonly name: string;
  /** Makes and prepares it, and returns what all must agree on. */
  make(): Promise<string>;
  /** The ids of the words that this node's commit uses up. */
  words?(): readonly string[];
};

/** Brings one part to COMMITTED. */
export async function agreeOnPart(session: Session, part: NewPart): Promise<void> {
  const { stage, shelf, name } = part;
  const held = [...session.hellos.values()].map((hello) => hello[stage]);
  const sid = completeSid(held);
  if (sid === undefined) {
    requireNoneCommitted(session.hellos, stage);
    const outcome = await part.make();
    await agreeOn(session, `${stage}-prepared`, outcome);
  } else if (held.some(({ state }) => state !== 'COMMITTED')) {
    await agreeOn(session, `${stage}-held`, sid);
  }
  if (shelf.get(name)?.committed === true) return;
  await shelf.commit(name, part.words?.());
}

/** The one making of which every node holds its part. */
export function completeSid(held: readonly Held[]): string | undefined {
  const sids = held.map((one) => (one.state === 'NONE' ? undefined : one.sid));
  return sids.every((sid) => sid === sids[0]) ? sids[0] : undefined;
}

/**
 * A node commits only what all have prepared, and nobody replaces what is committed: so this can only
 * be a node whose store was lost or set back, and making another key would abandon the first.
 */
function requireNoneCommitted(hellos: ReadonlyMap<PartyId, Hello>, stage: 'pairs' | 'key'): void {
  const committed = [...hellos].filter(([, hello]) => hello[stage].state === 'COMMITTED');
  if (committed.length === 0) return;
  const others = [...hellos.keys()].filter((party) => !committed.some(([one]) => one === party));
  throw new PlatformError('KEY_LOCKED', {
    reason: `the ${stage} that other nodes committed is missing here`,
    parties: others.map(String),
  });
}
