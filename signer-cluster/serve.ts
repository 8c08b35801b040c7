/** One session from its opening frame to its result: what is asked, whether this node takes part. */
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import type { PartyId, ProtocolAbort, Random } from '#signing/kernel.ts';
import type { Committee } from './committee.ts';
import { type KeyRequest, createKey, requireSameKey } from './create-key.ts';
import type { Circle, Distrust, Verdict } from './distrust.ts';
import { requireEvidence } from './evidence.ts';
import type { Purpose, SessionSubject } from './hello.ts';
import type { Inbox } from './inbox.ts';
import { type Frame, FrameRefused, type OpenRequest, type Result } from './proto/frames.ts';
import type { Protocols } from './protocols.ts';
import type { ReplayGuard } from './replay-guard.ts';
import { type Session, openSession } from './session.ts';
import { signTransfer } from './sign-transfer.ts';
import { type KeyRecord, type PairsRecord, type Store, heldOf } from './store.ts';

/** What all sessions of a node share. */
export type Party = {
  readonly me: PartyId;
  readonly committee: Committee;
  readonly store: Store;
  readonly guard: ReplayGuard;
  readonly distrust: Distrust;
  readonly protocols: Protocols;
  readonly random: Random;
  readonly now: () => Instant;
  /** What is being made right now: each key, and each organisation's pairs, by one session only. */
  readonly making: Set<string>;
};

/** What is known of a session so far; a verdict and the log need it when the session fails. */
export type About = {
  purpose?: Purpose;
  keyId?: string;
  circle?: Circle;
  sid?: string;
  verdict?: Verdict | undefined;
};

export type Stream = { readonly inbox: Inbox; readonly send: (frame: Frame) => void };

type CreateKeyRequest = Extract<OpenRequest, { purpose: 'createKey' }>;
type SignRequest = Extract<OpenRequest, { purpose: 'sign' }>;

/** The only pair epoch so far; a new set-up of a pair will count it up. */
const EPOCH = 1;
const NO_REQUEST = new Uint8Array(32);

/** @throws PlatformError, ProtocolAbort, EnvelopeRefused, FrameRefused, SessionGone */
export async function serve(party: Party, stream: Stream, about: About): Promise<Result> {
  const frame = await stream.inbox.next();
  if (frame.type !== 'open') throw new FrameRefused('a session begins with its opening');
  const request = frame.content;
  about.purpose = request.purpose;
  about.keyId = parseId('key', request.keyId, 'keyId');
  return request.purpose === 'createKey'
    ? serveCreateKey(party, stream, about, request)
    : serveSign(party, stream, about, request);
}

async function serveCreateKey(
  party: Party,
  stream: Stream,
  about: About,
  open: CreateKeyRequest,
): Promise<Result> {
  const { committee, store, making } = party;
  const request: KeyRequest = {
    keyId: parseId('key', open.keyId, 'keyId'),
    organization: parseId('organization', open.organization, 'organization'),
    wallet: parseId('wallet', open.wallet, 'wallet'),
    epoch: EPOCH,
  };
  const { keyId, organization } = request;
  requireSigners(party, open.signers, committee.members.length);
  about.circle = { organization, epoch: EPOCH, signers: open.signers };
  party.distrust.requireTrusted(about.circle);
  requireSameKey(store, request);
  const release = reserve(making, [
    keyId,
    ...(store.pairs.get(organization)?.committed === true ? [] : [organization]),
  ]);
  try {
    const subject = subjectOf(party, 'createKey', request, open.signers, NO_REQUEST);
    stream.send({ type: 'accepted', content: { publicKey: '' } });
    const session = await begin(party, stream, about, subject);
    await party.guard.recordSession(session.sid, keyId);
    const { me, random, protocols } = party;
    const { threshold } = committee;
    const parts = { me, parties: open.signers, threshold, random, protocols, store };
    const publicKey = await createKey(session, parts, request);
    return { publicKey: hex(publicKey), signatures: [] };
  } finally {
    release();
  }
}

async function serveSign(
  party: Party,
  stream: Stream,
  about: About,
  open: SignRequest,
): Promise<Result> {
  const { committee, store, guard } = party;
  requireSigners(party, open.signers, committee.threshold);
  const key = activeKey(store, open.keyId);
  const { organization, publicKey } = key;
  about.circle = { organization, epoch: key.epoch, signers: open.signers };
  party.distrust.requireTrusted(about.circle);
  const pairs = activePairs(store, key);
  const evidence = requireEvidence(open.mandate, key, party.now());
  const digests = evidence.digests.map(hex);
  guard.requireSameBytes({ intent: evidence.intentHash, key: key.keyId, digests });
  const asked = hashOf({ domain: 'countersign/signing/v1', intent: evidence.intentHash, digests });
  const subject = subjectOf(party, 'sign', key, open.signers, asked);
  stream.send({ type: 'accepted', content: { publicKey: hex(publicKey) } });
  const session = await begin(party, stream, about, subject);
  const { me, random, protocols } = party;
  const signing = { me, signers: open.signers, random, protocols, guard, key, pairs };
  const signatures = await signTransfer(session, signing, evidence);
  return {
    publicKey: hex(publicKey),
    signatures: signatures.map(({ r, s, recovery }) => ({ r: hex(r), s: hex(s), recovery })),
  };
}

async function begin(
  party: Party,
  { inbox, send }: Stream,
  about: About,
  subject: SessionSubject,
): Promise<Session> {
  const { me, committee, store, random, distrust } = party;
  const trust = {
    requireTrusted: () => distrust.requireTrusted(about.circle as Circle),
    judge(abort: ProtocolAbort) {
      about.verdict = distrust.judge(about, abort);
    },
  };
  const { identity } = store;
  const parts = { me, identity, committee, random, inbox, send, ...trust };
  const holdings = {
    pairs: heldOf(store.pairs.get(subject.organization)),
    key: heldOf(store.keys.get(subject.keyId)),
  };
  const session = await openSession(parts, subject, holdings);
  about.sid = session.sid;
  return session;
}

const subjectOf = (
  { committee }: Party,
  purpose: Purpose,
  { keyId, organization, wallet, epoch }: KeyRequest,
  signers: readonly PartyId[],
  request: Bytes,
): SessionSubject => ({
  committee: committee.hash,
  purpose,
  keyId,
  organization,
  wallet,
  epoch,
  signers,
  request,
});

/** Exactly `count` members of the committee, ascending, this node among them. */
function requireSigners(party: Party, signers: readonly PartyId[], count: number): void {
  const members = party.committee.members.map((member) => member.party);
  const ascending = signers.every((one, index) => index === 0 || one > (signers[index - 1] ?? 0));
  const known = signers.every((one) => members.includes(one));
  if (!ascending || !known || signers.length !== count || !signers.includes(party.me)) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'signers',
      reason: `not ${count} members of the committee in ascending order with this node among them`,
    });
  }
}

function activeKey(store: Store, keyId: string): KeyRecord {
  const stored = store.keys.get(keyId);
  if (stored === undefined) {
    throw new PlatformError('EVIDENCE_REJECTED', { field: 'key', reason: 'no such key here' });
  }
  if (stored.committed) return stored.record;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the key is not active yet' });
}

function activePairs(store: Store, key: KeyRecord): PairsRecord {
  const stored = store.pairs.get(key.organization);
  if (stored?.committed === true) return stored.record;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the pairs are not set up yet' });
}

/** Holds the names until released. @throws IDEMPOTENCY_IN_FLIGHT when another session holds one */
function reserve(making: Set<string>, names: readonly string[]): () => void {
  if (names.some((name) => making.has(name))) {
    const reason = 'another session is making this key or the pairs of its organisation';
    throw new PlatformError('IDEMPOTENCY_IN_FLIGHT', { reason });
  }
  for (const name of names) making.add(name);
  return () => {
    for (const name of names) making.delete(name);
  };
}
