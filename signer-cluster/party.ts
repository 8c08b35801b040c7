/** What all sessions of a node share, and how one of them begins to talk to its peers. */
import type { Instant } from '#core/time.ts';
import { PlatformError } from '#core/errors.ts';
import type { PartyId, ProtocolAbort, Random } from '#signing/kernel.ts';
import type { Approvals } from './approvals.ts';
import type { Committee } from './committee.ts';
import type { Circle, Distrust, Verdict } from './distrust.ts';
import type { ExportedKeys } from './exported-keys.ts';
import type { SessionSubject } from './hello.ts';
import type { Inbox } from './inbox.ts';
import type { Frame } from './proto/frames.ts';
import type { Purpose } from './proto/open-request.ts';
import type { Protocols } from './protocols.ts';
import type { ReplayGuard } from './replay-guard.ts';
import { type Session, openSession } from './session.ts';
import { type KeyRecord, type PairsRecord, type Store, heldOn } from './store.ts';
import type { Readiness } from './succession.ts';
import type { Wallets } from './wallets.ts';

export type Party = {
  readonly me: PartyId;
  readonly committee: Committee;
  readonly store: Store;
  readonly wallets: Wallets;
  readonly guard: ReplayGuard;
  readonly distrust: Distrust;
  readonly protocols: Protocols;
  readonly random: Random;
  readonly now: () => Instant;
  /** What is being made right now: each key, and each organisation's pairs, by one session only. */
  readonly making: Set<string>;
  readonly readiness: Readiness;
  readonly approvals: Approvals;
  readonly exported: ExportedKeys;
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

/** One session of a node, before and after its opening. */
export type Conversation = {
  readonly party: Party;
  readonly stream: Stream;
  readonly about: About;
};

/** Says hello to the peers and hears theirs. @throws EnvelopeRefused, FrameRefused, SessionGone */
export async function begin(
  { party, stream, about }: Conversation,
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
  const parts = { me, identity, committee, random, ...stream, ...trust };
  const holdings = {
    pairs: heldOn(store.pairs, subject.organization),
    key: heldOn(store.keys, subject.keyId),
  };
  const session = await openSession(parts, subject, holdings);
  about.sid = session.sid;
  return session;
}

/** Exactly `count` of these members, ascending, this node among them. @throws INVALID_INPUT */
export function requireSigners(
  party: Party,
  signers: readonly PartyId[],
  count: number,
  members: readonly PartyId[] = party.committee.members.map((member) => member.party),
): void {
  const ascending = signers.every((one, index) => index === 0 || one > (signers[index - 1] ?? 0));
  const known = signers.every((one) => members.includes(one));
  if (!ascending || !known || signers.length !== count || !signers.includes(party.me)) {
    throw new PlatformError('INVALID_INPUT', {
      field: 'signers',
      reason: `not ${count} members of the committee in ascending order with this node among them`,
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
