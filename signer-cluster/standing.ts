/**
 * The counter that nodes keep for each other. A journal whose last lines are cut off, and a disk that is
 * put back as a whole, are whole in themselves; the peers remember how far the journal had come.
 *
 * In the first two rounds of every session a node says to each peer where its own journal stands - how
 * many entries were ever appended to it and reached the disk, and the MAC of the last one - and what it
 * last heard of the peer's. Both are judged by what was said before, so that messages of sessions that
 * run at one time may overtake each other (docs/protocols/wire.md, "Standing").
 */
import { type Bytes, concat, hex, parseHex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { type PartyId, ProtocolAbort } from '#signing/kernel.ts';
import type { Approval, Approvals } from './approvals.ts';
import type { Journal, JournalEntry, JournalPast, Position } from './journal.ts';
import type { SetBacks } from './set-backs.ts';

/** What a node says to one peer: where its journal stands, and where it last heard the peer's to be. */
export type Said = { readonly own: Position; readonly known?: Position };

export type Standing = {
  /**
   * Nothing is known of a peer that was never heard, or whose return an operator has accepted.
   * @throws KEY_LOCKED when two copies of the peer live
   */
  tell(peer: PartyId): Said;
  /**
   * Judges what a peer has said after this node had told it `told`, and remembers it where it is an answer:
   * only then the peer has gone on knowing what this node had heard of its journal before, and a journal
   * that was set back and has grown since would have ended the session itself.
   * @throws KEY_LOCKED when the peer's journal, or this node's own, is not the one that was heard before
   */
  hear(peer: PartyId, said: Said, told: Position | undefined, isAnswer: boolean): Promise<void>;
  /** Brings what was heard to the disk, `withinMs` at the latest; nobody waits for it. */
  note(withinMs?: number): void;
  /** What was last heard, by party. */
  heard(): ReadonlyMap<PartyId, Position>;
  /**
   * Remembers where these journals were when their nodes said what this one relies on. Known when it is called,
   * durable when it resolves.
   */
  overhear(journals: readonly ({ readonly party: PartyId } & Position)[]): Promise<void>;
  /** Where the journal of a peer that has started was last heard to be; where it is, when an operator has accepted that. */
  placeOf(peer: PartyId, own: Position): Promise<Position | undefined>;
  /** Two copies of that peer live: nothing is done with either. Durable when it resolves. */
  twice(peer: PartyId, start: string): Promise<void>;
  /** The peer goes on in one copy, which an operator has accepted. */
  once(peer: PartyId): void;
  /** Peers of which two copies live. */
  readonly doubled: ReadonlySet<PartyId>;
  /** How this node's own journal does not hold the place; undefined where it does. */
  faultIn(place: Position): Promise<string | undefined>;
};

export type StandingParts = {
  readonly me: PartyId;
  readonly journal: Pick<Journal, 'append'> & JournalPast;
  readonly entries: readonly JournalEntry[];
  readonly approvals: Pick<Approvals, 'find' | 'spend'>;
  readonly setBacks: Pick<SetBacks, 'accept'>;
};

const POSITION_BYTES = 8 + 32;

/** `count u64 | head 32 bytes`, of the own journal and then, where it is known, of the peer's. */
export function encodeSaid({ own, known }: Said): Bytes {
  return concat(encodePosition(own), ...(known === undefined ? [] : [encodePosition(known)]));
}

function encodePosition({ count, head }: Position): Bytes {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(count));
  return concat(number, parseHex(head));
}

/** @throws ProtocolAbort `cheat` `MALFORMED_BODY`: it came in an authenticated body */
export function decodeSaid(bytes: Bytes, from: PartyId): Said {
  const own = decodePosition(bytes.subarray(0, POSITION_BYTES));
  const known = decodePosition(bytes.subarray(POSITION_BYTES));
  const isWhole = bytes.length === POSITION_BYTES || known !== undefined;
  if (own === undefined || !isWhole) throw new ProtocolAbort('cheat', 'MALFORMED_BODY', [from]);
  return { own, ...(known === undefined ? {} : { known }) };
}

function decodePosition(bytes: Bytes): Position | undefined {
  if (bytes.length !== POSITION_BYTES) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  if (count > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { count: Number(count), head: hex(bytes.subarray(8)) };
}

/** As it stands in statements; undefined for anything that no node says. */
export function readPosition(value: unknown): Position | undefined {
  const { count, head } = (value ?? {}) as { readonly count?: unknown; readonly head?: unknown };
  const isPlace = typeof head === 'string' && /^[0-9a-f]{64}$/.test(head);
  return Number.isSafeInteger(count) && isPlace ? { count: count as number, head } : undefined;
}

const refused = (party: PartyId, reason: string): PlatformError =>
  new PlatformError('KEY_LOCKED', { reason, parties: [String(party)] });

export const twoCopies = (party: PartyId): PlatformError =>
  refused(
    party,
    `two copies of party ${party} live: end one of them, and accept the other (TWO_COPIES)`,
  );

/** How `now` cannot follow `before` in one journal. */
function faultOf(before: Position, now: Position): string | undefined {
  if (now.count < before.count) return 'JOURNAL_WENT_BACK';
  return now.count === before.count && now.head !== before.head ? 'JOURNAL_DIFFERS' : undefined;
}

export function standing(parts: StandingParts): Standing {
  const { me, journal, entries, approvals, setBacks } = parts;
  const heard = new Map<PartyId, Position>();
  const doubled = new Set<PartyId>();
  for (const entry of entries) {
    if (entry.kind === 'two-copies') doubled.add(entry.party);
    if (entry.kind === 'started') doubled.delete(entry.party);
    if (entry.kind !== 'heard' && entry.kind !== 'accepted') continue;
    for (const { party, count, head } of entry.journals) heard.set(party, { count, head });
  }

  const wordFor = (party: PartyId) => approvals.find({ operation: 'accept', party });
  const journals = () =>
    [...heard].toSorted(([a], [b]) => a - b).map(([party, position]) => ({ party, ...position }));
  /** What the disk has of it, or is about to have. */
  let noted = JSON.stringify(journals());
  /** What the disk has for certain. */
  let written = noted;

  async function faultIn({ count, head }: Position): Promise<string | undefined> {
    const own = await journal.headAt(count);
    if (own === head) return undefined;
    return own === undefined ? 'JOURNAL_WENT_BACK' : 'JOURNAL_DIFFERS';
  }

  /** From here on the peer is where it says, and what was heard is lost. */
  async function acceptAt(peer: PartyId, own: Position, word: Approval): Promise<void> {
    const before = heard.get(peer);
    const isSame = before?.count === own.count && before.head === own.head;
    const approval = approvals.spend(word);
    heard.set(peer, own);
    noted = JSON.stringify(journals());
    // In one entry: another session, and a start after a crash, find the word or what it was given for.
    const accepted = { approval, party: peer, journals: journals() };
    await setBacks.accept(accepted, isSame ? undefined : before);
  }

  function requireOnce(peer: PartyId): void {
    if (doubled.has(peer)) throw twoCopies(peer);
  }

  /** A peer has seen this journal: what it saw must still be in it. */
  async function requireMine(peer: PartyId, known: Position): Promise<void> {
    const fault = await faultIn(known);
    if (fault === undefined) return;
    throw refused(
      me,
      `this node's journal is not the one that party ${peer} has heard of (${fault})`,
    );
  }

  return {
    tell(peer) {
      requireOnce(peer);
      const known = wordFor(peer) === undefined ? heard.get(peer) : undefined;
      return { own: journal.durable, ...(known === undefined ? {} : { known }) };
    },
    async hear(peer, { own, known }, told, isAnswer) {
      requireOnce(peer);
      if (known !== undefined) await requireMine(peer, known);
      const word = wordFor(peer);
      if (word !== undefined) return acceptAt(peer, own, word);
      const fault = told === undefined ? undefined : faultOf(told, own);
      if (fault !== undefined) {
        const reason = `the journal of party ${peer} is not the one it had (${fault})`;
        throw refused(peer, reason);
      }
      if (isAnswer && own.count > (heard.get(peer)?.count ?? 0)) heard.set(peer, own);
      return undefined;
    },
    async overhear(told) {
      const newer = told.filter(
        ({ party, count }) => party !== me && count > (heard.get(party)?.count ?? 0),
      );
      for (const { party, count, head } of newer) heard.set(party, { count, head });
      const text = JSON.stringify(journals());
      if (text === written) return;
      noted = text;
      await journal.append({ kind: 'heard', journals: journals() });
      written = text;
    },
    async placeOf(peer, own) {
      const word = wordFor(peer);
      if (word !== undefined) await acceptAt(peer, own, word);
      return heard.get(peer);
    },
    async twice(peer, start) {
      if (doubled.has(peer)) return;
      doubled.add(peer);
      await journal.append({ kind: 'two-copies', party: peer, start });
    },
    once: (peer) => void doubled.delete(peer),
    doubled,
    faultIn,
    note(withinMs) {
      const text = JSON.stringify(journals());
      if (text === noted) return;
      noted = text;
      // A journal that cannot be written refuses everything after it, and says so by itself.
      journal.append({ kind: 'heard', journals: journals() }, withinMs).catch(() => undefined);
    },
    heard: () => heard,
  };
}
