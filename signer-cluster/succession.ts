/**
 * How what a committee holds is replaced: all nodes or none. Each node prepares the successor beside
 * what works, and everybody says so. Then signatures under the successor are made and verified, each
 * node notes that it is ready, and everybody says so; only then does a node commit, and only when all
 * have committed does it erase what was replaced. A crash at any moment leaves both, and the journal
 * names the one that works; the next ceremony first brings everybody to the same.
 */
import { utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { type Incoming, type PartyId, ProtocolAbort } from '#signing/kernel.ts';
import type { Held } from './hello.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Party } from './party.ts';
import type { Session } from './session.ts';
import type { Shelf } from './shelf.ts';

/** Which successors this node was ready to commit: what nobody can have committed without it. */
export type Readiness = {
  has(sid: string): boolean;
  /** Durable when it resolves. @throws AUDIT_UNAVAILABLE */
  record(sid: string): Promise<void>;
};

export function readiness(journal: Journal, entries: readonly JournalEntry[]): Readiness {
  const ready = new Set(entries.flatMap((entry) => (entry.kind === 'ready' ? [entry.sid] : [])));
  return {
    has: (sid) => ready.has(sid),
    async record(sid) {
      await journal.append({ kind: 'ready', sid });
      ready.add(sid);
    },
  };
}

/** One of the things that are replaced together. */
export type Part = {
  readonly stage: 'pairs' | 'key';
  readonly shelf: Pick<Shelf<never>, 'commit' | 'retire'>;
  readonly name: string;
  /** Gives up what was made with what is replaced now. */
  readonly replaced: () => void;
};

/** The words are used up by the first commit: a crash leaves them, or what they were given for. */
async function commitAll(parts: readonly Part[], words: () => readonly string[]): Promise<void> {
  for (const [at, { shelf, name, replaced }] of parts.entries()) {
    await shelf.commit(name, at === 0 ? words() : []);
    replaced();
  }
}

/** A key and, where all nodes take part, its organisation's pairs. */
export function partsFor(
  { store, presignatures }: Pick<Party, 'store' | 'presignatures'>,
  { keyId, organization }: { readonly keyId: string; readonly organization: string },
  withPairs: boolean,
): readonly Part[] {
  const key: Part = {
    stage: 'key',
    shelf: store.keys,
    name: keyId,
    replaced: () => presignatures.burnPools((pool) => pool.keyId === keyId),
  };
  const pairs: Part = {
    stage: 'pairs',
    shelf: store.pairs,
    name: organization,
    replaced: () => presignatures.burnPools((pool) => pool.organization === organization),
  };
  return withPairs ? [pairs, key] : [key];
}

/** Everybody says the same, or the session ends before anything follows from it. */
export async function agreeOn(
  session: Pick<Session, 'exchange'>,
  stage: string,
  outcome: string,
): Promise<void> {
  const statement = utf8(canonicalText({ stage, outcome }));
  const incoming: Incoming = await session.exchange({ broadcast: statement });
  const equal = [...incoming.values()].every(
    ({ broadcast }) => Buffer.compare(broadcast ?? new Uint8Array(), statement) === 0,
  );
  if (!equal) throw new ProtocolAbort('inconsistent', 'CONFIRMATION_MISMATCH');
}

type Leader = { readonly epoch: number; readonly sid: string };

const locked = (stage: string, parties: readonly PartyId[]): PlatformError =>
  new PlatformError('KEY_LOCKED', {
    reason: `the ${stage} that other nodes committed is missing here`,
    parties: parties.map(String),
  });

/** Whether it has this making stored and waits for its commit. */
const waitsFor = (held: Held | undefined, sid: string): boolean =>
  (held?.state === 'COMMITTED' && held.next === sid) ||
  (held?.state === 'PREPARED' && held.sid === sid);

const isAt = (held: Held | undefined, sid: string): boolean =>
  held?.state === 'COMMITTED' && held.sid === sid;

/**
 * The newest epoch that somebody has committed. Everybody of `required` has it, or has it prepared.
 * Nothing for pairs that no scheme of the organisation has needed yet.
 * @throws SIGNERS_UNAVAILABLE when a node has not activated its first, KEY_LOCKED when one was set back
 */
export function leaderOf(
  stage: 'pairs' | 'key',
  held: ReadonlyMap<PartyId, Held>,
  required: readonly PartyId[],
): Leader | undefined {
  const isNowhere = [...held.values()].every(({ state }) => state === 'NONE');
  if (stage === 'pairs' && isNowhere) return undefined;
  const committed = [...held.values()].flatMap((one) => (one.state === 'COMMITTED' ? [one] : []));
  const [leader] = committed.toSorted((a, b) => b.epoch - a.epoch);
  const inactive = required.filter((party) => held.get(party)?.state !== 'COMMITTED');
  if (leader === undefined || inactive.length > 0) {
    throw new PlatformError('SIGNERS_UNAVAILABLE', {
      reason: `the ${stage} is not active on every node: make the key again`,
    });
  }
  const { epoch, sid } = leader;
  const lost = required.filter((party) => {
    const one = held.get(party);
    return !isAt(one, sid) && !waitsFor(one, sid);
  });
  if (lost.length > 0) throw locked(stage, lost);
  return { epoch, sid };
}

/** Who takes part in a ceremony, and who of them must hold what is replaced. */
export type Ceremony = {
  readonly me: PartyId;
  readonly parts: readonly Part[];
  readonly required: readonly PartyId[];
  /** The same of the pairs, where it is fewer: who has left the committee holds older ones. */
  readonly requiredPairs?: readonly PartyId[];
  readonly readiness: Readiness;
  /** The ids of the words that this node's commit of the key uses up. */
  readonly words: () => readonly string[];
};

/**
 * What is replaced together takes over together: where somebody has committed one part of a making and
 * not the other, which all hold as well, both are led by it.
 */
function together<L extends Leader & { readonly held: ReadonlyMap<PartyId, Held> }>(
  leaders: readonly L[],
): readonly L[] {
  const whole = leaders.find(({ sid }) =>
    leaders.every(({ held }) =>
      [...held.values()].every((one) => isAt(one, sid) || waitsFor(one, sid)),
    ),
  );
  return whole === undefined ? leaders : leaders.map((leader) => ({ ...leader, sid: whole.sid }));
}

/**
 * Brings all nodes to the newest epoch that one of them has committed, and erases what that replaced.
 * Whether anybody was behind: then the ceremony that a crash had interrupted is complete.
 * @throws KEY_LOCKED, ProtocolAbort, SIGNERS_UNAVAILABLE also when only the pairs of another key's
 *   ceremony were behind
 */
export async function settle(
  session: Session,
  { me, parts, required, requiredPairs = required, readiness, words }: Ceremony,
): Promise<boolean> {
  const newest = parts.flatMap((part) => {
    const held = new Map(
      [...session.hellos].map(([party, hello]) => [party, hello[part.stage]] as const),
    );
    const holders = part.stage === 'pairs' ? requiredPairs : required;
    const leader = leaderOf(part.stage, held, holders);
    return leader === undefined ? [] : [{ part, held, ...leader }];
  });
  const leaders = together(newest).map(({ part, held, sid }) => {
    const behind = [...held].flatMap(([party, one]) => (waitsFor(one, sid) ? [party] : []));
    return { part, sid, behind };
  });
  // Nobody honest commits what a node that waits has not said that it is ready for: then a lie about a
  // commit must bring no other node ahead of this one either.
  const unready = leaders.find(({ sid, behind }) => behind.includes(me) && !readiness.has(sid));
  if (unready !== undefined) throw locked(unready.part.stage, [me]);
  // A hello may be an old one that the relay kept: what is committed is said again in this session.
  const state = canonicalText(leaders.map(({ sid }) => sid));
  await agreeOn(session, 'settling', state);
  const due = leaders.flatMap(({ part, behind }) => (behind.includes(me) ? [part] : []));
  const isOfKey = due.some(({ stage }) => stage === 'key');
  await commitAll(due, isOfKey ? words : () => []);
  const wasBehind = leaders.some(({ behind }) => behind.length > 0);
  if (wasBehind) await agreeOn(session, 'settled', state);
  for (const { shelf, name } of parts) await shelf.retire(name);
  if (
    wasBehind &&
    leaders.every(({ part, behind }) => part.stage === 'pairs' || behind.length === 0)
  ) {
    // A ceremony of another key had been interrupted: this one has not happened, and begins with what is.
    throw new PlatformError('SIGNERS_UNAVAILABLE', {
      reason: 'the pairs of another key’s ceremony have taken over: ask again',
      retryable: true,
    });
  }
  return wasBehind;
}

/**
 * The second phase, after everything was prepared and tested.
 * @param words the ids of the words that this node's commit uses up
 * @throws AUDIT_UNAVAILABLE, ProtocolAbort
 */
export async function takeOver(
  session: Session,
  parts: readonly Part[],
  readiness: Readiness,
  words: () => readonly string[],
): Promise<void> {
  await readiness.record(session.sid);
  await agreeOn(session, 'ready', session.sid);
  await commitAll(parts, words);
  await agreeOn(session, 'committed', session.sid);
  for (const { shelf, name } of parts) await shelf.retire(name);
}
