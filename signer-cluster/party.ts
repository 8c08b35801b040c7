/** What all sessions of a node share, and how one of them begins to talk to its peers. */
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import type { Mode } from '#mandate/quorum.ts';
import type { PartyId, ProtocolAbort, Random } from '#signing/kernel.ts';
import type { Approvals } from './approvals.ts';
import type { Authority } from './authority.ts';
import { type Committee, shortHash } from './committee.ts';
import type { Circle, Distrust, Verdict } from './distrust.ts';
import type { Handover } from './handover.ts';
import type { ExportedKeys } from './exported-keys.ts';
import { type SessionSubject, bindingOf } from './hello.ts';
import type { Inbox } from './inbox.ts';
import type { Pool, Presignatures, Presigned } from './presignatures.ts';
import type { Frame } from './proto/frames.ts';
import type { Purpose } from './proto/open-request.ts';
import type { Prices } from './prices.ts';
import type { Protocols } from './protocols.ts';
import type { Refill } from './refill.ts';
import type { ReplayGuard } from './replay-guard.ts';
import { requireRestored, type SetBacks } from './set-backs.ts';
import type { Spends } from './spends.ts';
import { type Session, type SessionParts, openReserved, openSession } from './session.ts';
import { type KeyRecord, type PairsRecord, type Store, heldOn } from './store.ts';
import type { Standing } from './standing.ts';
import type { Starts } from './starts.ts';
import type { Readiness } from './succession.ts';
import type { Perform } from './tasks.ts';
import type { Turnstile } from './turnstile.ts';
import type { Wallets } from './wallets.ts';

export type Party = {
  readonly me: PartyId;
  readonly committee: Committee;
  /** What it waits for before it signs. */
  readonly mode: Mode;
  /** It has left the committee. */
  readonly isRetired: boolean;
  readonly handover: Handover;
  readonly store: Store;
  readonly wallets: Wallets;
  readonly guard: ReplayGuard;
  readonly distrust: Distrust;
  readonly presignatures: Presignatures;
  readonly refill: Refill;
  readonly protocols: Protocols;
  /** Runs the protocols, here or in a thread. */
  readonly perform: Perform;
  readonly turnstile: Turnstile;
  readonly random: Random;
  readonly now: () => Instant;
  /** What is being made right now: each key, and each organisation's pairs, by one session only. */
  readonly making: Set<string>;
  readonly readiness: Readiness;
  readonly approvals: Approvals;
  readonly exported: ExportedKeys;
  readonly standing: Standing;
  readonly setBacks: SetBacks;
  readonly starts: Starts;
  readonly authority: Authority;
  readonly spends: Spends;
  /** What the node's own source says of prices now. */
  readonly prices: Prices;
  /** Ed25519 keys of the screening providers that the operator trusts, 32 bytes each. */
  readonly screeners: readonly Bytes[];
};

/** What is known of a session so far; a verdict and the log need it when the session fails. */
export type About = {
  purpose?: Purpose;
  keyId?: string;
  circle?: Circle;
  sid?: string;
  /** Nothing more is said once this has passed. */
  expires?: Instant;
  verdict?: Verdict | undefined;
};

export type Stream = { readonly inbox: Inbox; readonly send: (frame: Frame) => void };

/** One session of a node, before and after its opening. */
export type Conversation = {
  readonly party: Party;
  readonly stream: Stream;
  readonly about: About;
};

/** Says hello to the peers and hears theirs. @throws EnvelopeRefused, FrameRefused, SessionGone */
export async function begin(conversation: Conversation, subject: SessionSubject): Promise<Session> {
  const { store } = conversation.party;
  const holdings = {
    pairs: heldOn(store.pairs, subject.organization),
    key: heldOn(store.keys, subject.keyId),
  };
  const session = await openSession(partsOf(conversation), subject, holdings);
  conversation.about.sid = session.sid;
  return session;
}

/** A session over presignatures that this node has reserved for it. */
export function beginReserved(
  conversation: Conversation,
  subject: SessionSubject,
  reserved: readonly Presigned[],
): ReturnType<typeof openReserved> {
  const [first] = reserved;
  if (first === undefined) throw new Error('a session without hello needs a presignature');
  const sid = hashOf({
    domain: 'countersign/reserved-session/v1',
    binding: hex(bindingOf(subject)),
    presignatures: reserved.map(({ id }) => id),
  });
  const session = openReserved(partsOf(conversation), subject, { sid, links: first.links });
  conversation.about.sid = session.sid;
  return session;
}

function partsOf({ party, stream, about }: Conversation): SessionParts {
  const { me, committee, mode, store, random, distrust, turnstile, standing, now } = party;
  return {
    me,
    identity: store.identity,
    committee,
    mode,
    random,
    standing,
    ...stream,
    requireAllowed() {
      const { organization, signers } = about.circle as Circle;
      distrust.requireTrusted(about.circle as Circle);
      requireRestored(party, organization, signers);
      if (about.expires === undefined || now() < about.expires) return;
      const reason = 'the intent has expired';
      throw new PlatformError('EVIDENCE_REJECTED', { field: 'expires', reason });
    },
    judge(abort: ProtocolAbort) {
      about.verdict = judge(party, about, abort);
    },
    inOrder: (found, decide) => turnstile.pass(lanesOf(about.circle as Circle, me), found, decide),
  };
}

/** The verdict on an abort, if it takes one: what those whom it parts hold together is erased with it. */
export function judge(
  { distrust, presignatures }: Pick<Party, 'distrust' | 'presignatures'>,
  about: About,
  abort: ProtocolAbort,
): Verdict | undefined {
  const verdict = distrust.judge(about, abort);
  if (verdict !== undefined) presignatures.burnPools((pool: Pool) => !distrust.isTrusted(pool));
  return verdict;
}

/** One for each peer: a verdict is about an organisation's secrets with one of them. */
const lanesOf = ({ organization, signers }: Circle, me: PartyId): readonly string[] =>
  signers.filter((party) => party !== me).map((peer) => `${organization}/${peer}`);

/** Exactly `count` of these members, ascending, this node among them. @throws INVALID_INPUT */
export function requireSigners(
  party: Pick<Party, 'me' | 'committee'>,
  signers: readonly PartyId[],
  count: number,
  members: readonly PartyId[] = party.committee.members.map((member) => member.party),
): void {
  const ascending = signers.every((one, index) => index === 0 || one > (signers[index - 1] ?? 0));
  const present = [...party.committee.members, ...party.committee.retired];
  const known = signers.every(
    (one) => members.includes(one) && present.some((member) => member.party === one),
  );
  if (!ascending || !known || signers.length !== count || !signers.includes(party.me)) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'signers',
      reason: `not ${count} members of record ${shortHash(hex(party.committee.hash))} in ascending order with this node among them`,
    });
  }
}

/**
 * @throws EVIDENCE_REJECTED when there is no such key, SIGNERS_UNAVAILABLE when it is not active,
 *   KEY_LOCKED when it was exported
 */
export function activeKey(
  { store, exported }: Pick<Party, 'store' | 'exported'>,
  keyId: string,
): KeyRecord {
  exported.requireHere(keyId);
  const stored = store.keys.get(keyId);
  if (stored === undefined) {
    throw new PlatformError('EVIDENCE_REJECTED', { field: 'key', reason: 'no such key here' });
  }
  if (stored.committed) return stored.record;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the key is not active yet' });
}

/** @throws SIGNERS_UNAVAILABLE when the organisation's pairs are not set up */
export function activePairs(store: Store, key: KeyRecord): PairsRecord {
  const stored = store.pairs.get(key.organization);
  if (stored?.committed === true) return stored.record;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the pairs are not set up yet' });
}

/** Holds the names until released. @throws IDEMPOTENCY_IN_FLIGHT when another session holds one */
export function reserve(making: Set<string>, names: readonly string[]): () => void {
  if (names.some((name) => making.has(name))) {
    const reason = 'another session is making this key or the pairs of its organisation';
    throw new PlatformError('IDEMPOTENCY_IN_FLIGHT', { reason });
  }
  for (const name of names) making.add(name);
  return () => {
    for (const name of names) making.delete(name);
  };
}
