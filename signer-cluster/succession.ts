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
};

/** Everybody says the same, or the session ends before anything follows from it. */
export async function agreeOn(session: Session, stage: string, outcome: string): Promise<void> {
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

/**
 * The newest epoch that somebody has committed. Everybody else has it, or has it prepared. Nothing for
 * pairs that no scheme of the organisation has needed yet.
 * @throws SIGNERS_UNAVAILABLE when a node has not activated its first, KEY_LOCKED when one was set back
 */
export function leaderOf(
  stage: 'pairs' | 'key',
  held: ReadonlyMap<PartyId, Held>,
): Leader | undefined {
  const isNowhere = [...held.values()].every(({ state }) => state === 'NONE');
  if (stage === 'pairs' && isNowhere) return undefined;
  const active = [...held].flatMap(([party, one]) =>
    one.state === 'COMMITTED' ? [{ party, ...one }] : [],
  );
  if (active.length < held.size) {
    throw new PlatformError('SIGNERS_UNAVAILABLE', {
      reason: `the ${stage} is not active on every node: make the key again`,
    });
  }
  const [leader] = active.toSorted((a, b) => b.epoch - a.epoch) as [(typeof active)[number]];
  const lost = active.filter(
    ({ sid, epoch, next }) =>
      sid !== leader.sid && !(epoch === leader.epoch - 1 && next === leader.sid),
  );
  if (lost.length > 0)
    throw locked(
      stage,
      lost.map(({ party }) => party),
    );
  return leader;
}

/**
 * Brings all nodes to the newest epoch that one of them has committed, and erases what that replaced.
 * Whether anybody was behind: then the ceremony that a crash had interrupted is complete.
 * @throws KEY_LOCKED, SIGNERS_UNAVAILABLE, ProtocolAbort
 */
export async function settle(
  session: Session,
  me: PartyId,
  parts: readonly Part[],
  readiness: Readiness,
): Promise<boolean> {
  const heldFor = (part: Part): ReadonlyMap<PartyId, Held> =>
    new Map([...session.hellos].map(([party, hello]) => [party, hello[part.stage]]));
  const leaders = parts.flatMap((part) => {
    const leader = leaderOf(part.stage, heldFor(part));
    return leader === undefined ? [] : [{ part, leader }];
  });
  const behind = leaders.flatMap(({ part, leader }) =>
    [...heldFor(part)].flatMap(([party, held]) =>
      held.state === 'COMMITTED' && held.sid === leader.sid ? [] : [{ party, part, leader }],
    ),
  );
  // A hello may be an old one that the relay kept: what is committed is said again in this session.
  const state = canonicalText(leaders.map(({ leader }) => leader.sid));
  await agreeOn(session, 'settling', state);
  for (const { party, part, leader } of behind) {
    if (party !== me) continue;
    // Nobody honest commits what this node has not said that it is ready for.
    if (!readiness.has(leader.sid)) throw locked(part.stage, [me]);
    await part.shelf.commit(part.name);
  }
  if (behind.length > 0) await agreeOn(session, 'settled', state);
  for (const { shelf, name } of parts) await shelf.retire(name);
  return behind.length > 0;
}

/**
 * The second phase, after everything was prepared and tested.
 * @param atCommit what must be on disk together with the commit
 * @throws AUDIT_UNAVAILABLE, ProtocolAbort
 */
export async function takeOver(
  session: Session,
  parts: readonly Part[],
  readiness: Readiness,
  atCommit: () => Promise<void>,
): Promise<void> {
  await readiness.record(session.sid);
  await agreeOn(session, 'ready', session.sid);
  await atCommit();
  for (const { shelf, name } of parts) await shelf.commit(name);
  await agreeOn(session, 'committed', session.sid);
  for (const { shelf, name } of parts) await shelf.retire(name);
}
