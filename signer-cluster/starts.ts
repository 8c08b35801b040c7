/**
 * What a node may say after a start (docs/adr/0027). Its disk may have been put back, and then it has forgotten
 * what it gave its word for; so it gives none before every other member has signed where it last heard this
 * node's journal to be, and the journal holds all of that. Each start has a name of its own, which stands in
 * each of the node's statements: whoever has heard of a start relies on no statement of one before it, so that
 * nothing comes to count later that was held back when the node said where it was heard.
 */
import { PlatformError } from '#core/errors.ts';
import type { Mode } from '#mandate/quorum.ts';
import type { CheckedReceipt, OwnWord } from '#mandate/receipt-text.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Approvals } from './approvals.ts';
import type { Authority } from './authority.ts';
import type { Committee } from './committee.ts';
import type { Journal, JournalEntry, JournalPast, Position } from './journal.ts';
import type { Spends } from './spends.ts';
import type { Standing } from './standing.ts';

/** A party, and the newest start of it that somebody has heard of. */
export type HeardStart = { readonly party: PartyId; readonly start: string };

/** What a node signs of itself for one start of another node. */
export type ToldOfStart = {
  /** Where it last heard the other's journal to be. */
  readonly journal?: Position;
  /** When the newest payment was made that it has in writing, in milliseconds since 1970. */
  readonly newest: number;
  /** How far its logs of authority go. */
  readonly heads: readonly { readonly organization: string; readonly sequence: number }[];
};

export type Starts = {
  /** The name of this one, 16 bytes in hex. */
  readonly own: string;
  readonly isStanding: boolean;
  /** The others whose word is awaited. */
  readonly missing: readonly PartyId[];
  /** The newest start of each other node, as this one has heard. */
  heard(): readonly HeardStart[];
  /** What stands in each statement of this node. */
  word(): OwnWord;
  /** Those that were made since the newest start of their node of which this one knows. */
  current(receipts: readonly CheckedReceipt[]): readonly CheckedReceipt[];
  isCurrent(receipt: CheckedReceipt): boolean;
  /**
   * Another node has started: its statements of before count here no more. Durable when it resolves.
   * @throws SIGNERS_UNAVAILABLE when this node has heard of another start than the one that it replaces
   */
  take(start: HeardStart, replaced: string, journal: Position): Promise<ToldOfStart>;
  /** What another one has signed for this start. @throws KEY_LOCKED when this journal is not what it has heard */
  hear(party: PartyId, told: ToldOfStart): Promise<void>;
  /** Uses the operator's words for going on without some of the others. */
  excuse(): Promise<void>;
  /** Whether the operator lets this node go on without it. */
  isLeftOut(party: PartyId): boolean;
  /** @throws SIGNERS_UNAVAILABLE, KEY_LOCKED: this node gives no word and no share yet */
  requireStanding(): void;
  /** For a word about what others than the members know. @throws SIGNERS_UNAVAILABLE */
  requireToldBy(parties: readonly PartyId[]): void;
  /** @throws SIGNERS_UNAVAILABLE when its log of authority may have gone further before this start */
  requireLog(organization: string): void;
  /**
   * Of a payment that was in writing somewhere when this node started, a share may have left it before.
   * @throws EVIDENCE_REJECTED
   */
  requireNoShareBefore(created: number): void;
};

export type StartsParts = {
  readonly own: string;
  readonly me: PartyId;
  readonly committee: Pick<Committee, 'members' | 'threshold'>;
  readonly mode: Mode;
  readonly journal: Pick<Journal, 'append'> & JournalPast;
  readonly entries: readonly JournalEntry[];
  readonly standing: Pick<Standing, 'faultIn' | 'placeOf'>;
  readonly approvals: Pick<Approvals, 'find' | 'use'>;
  readonly spends: Pick<Spends, 'newest'>;
  readonly authority: Pick<Authority, 'find' | 'pins'>;
};

export function starts(parts: StartsParts): Starts {
  const { own, me, committee, mode, journal, entries, standing, approvals, spends } = parts;
  const others = committee.members.map(({ party }) => party).filter((party) => party !== me);
  const known = new Map<PartyId, string>([[me, own]]);
  for (const entry of entries) {
    if (entry.kind === 'started' && entry.party !== me) known.set(entry.party, entry.start);
  }
  const writing = new Map<PartyId, Promise<void>>();
  const told = new Map<PartyId, ToldOfStart>();
  const excused = new Set<PartyId>();
  const faults = new Map<PartyId, string>();
  const newestOwn = spends.newest;
  /** What those said without whom the operator did not let it go on. */
  const counted = (): readonly ToldOfStart[] =>
    [...told].flatMap(([party, word]) => (excused.has(party) ? [] : [word]));
  /** A share of nothing newer can have left this node before this start. */
  const newest = (): number => Math.max(newestOwn, ...counted().map((word) => word.newest));

  const missing = (): readonly PartyId[] =>
    others.filter((party) => !told.has(party) && !excused.has(party));
  /** For availability as many as sign with it: any of them could be the ones that it is asked to sign with. */
  const awaited = (): number =>
    mode === 'availability' ? others.length - (committee.threshold - 1) : 0;
  const isStanding = (): boolean => faults.size === 0 && missing().length <= awaited();

  const isCurrent = ({ party, own: word }: CheckedReceipt): boolean =>
    word['start'] !== undefined && word['start'] === known.get(party);

  return {
    own,
    get isStanding() {
      return isStanding();
    },
    get missing() {
      return isStanding() ? [] : [...new Set([...missing(), ...faults.keys()])];
    },
    heard: () => [...known].flatMap(([party, start]) => (party === me ? [] : [{ party, start }])),
    word: () => ({ start: own, journal: { ...journal.durable } }),
    isCurrent,
    current: (receipts) => receipts.filter(isCurrent),
    async take({ party, start }, replaced, at) {
      if (known.get(party) !== start) {
        if ((known.get(party) ?? '') !== replaced) {
          throw unavailable(`party ${party} has started since then (STARTED_ANEW)`);
        }
        known.set(party, start);
        writing.set(party, journal.append({ kind: 'started', party, start }));
      }
      await writing.get(party);
      const place = await standing.placeOf(party, at);
      const logs = [...parts.authority.pins().keys()].flatMap((organization) => {
        const sequence = parts.authority.find(organization)?.head.sequence;
        return sequence === undefined ? [] : [{ organization, sequence }];
      });
      const word = { newest: spends.newest, heads: logs };
      return place === undefined ? word : { ...word, journal: place };
    },
    async hear(party, word) {
      const fault = word.journal && (await standing.faultIn(word.journal));
      if (fault !== undefined) {
        if (!excused.has(party)) faults.set(party, fault);
        throw wentBack(party, fault);
      }
      faults.delete(party);
      told.set(party, word);
    },
    async excuse() {
      for (const party of others) {
        const word = approvals.find({ operation: 'stand', party });
        if (word === undefined) continue;
        await approvals.use(word);
        excused.add(party);
        faults.delete(party);
      }
    },
    isLeftOut: (party) => excused.has(party),
    requireStanding() {
      const [fault] = faults;
      if (fault !== undefined) throw wentBack(...fault);
      if (!isStanding()) throw notStanding(missing());
    },
    requireToldBy(parties) {
      const due = parties.filter((party) => party !== me && !told.has(party));
      const silent = due.filter((party) => !excused.has(party));
      if (silent.length > 0) throw notStanding(silent);
    },
    requireLog(organization) {
      const heads = counted().flatMap((word) => word.heads);
      const due = heads.reduce(
        (most, head) => (head.organization === organization ? Math.max(most, head.sequence) : most),
        0,
      );
      const at = parts.authority.find(organization)?.head.sequence ?? 0;
      if (at >= due) return;
      throw unavailable(
        `this node's log of authority ends at ${at}, and others had ${due} when it started (AUTHORITY_BEHIND)`,
      );
    },
    requireNoShareBefore(created) {
      if (created > newest()) return;
      const reason =
        'this node has started since then, and a share of this payment may have left it before';
      throw new PlatformError('EVIDENCE_REJECTED', { field: 'intent', reason });
    },
  };
}

const unavailable = (reason: string): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', { reason });

const notStanding = (parties: readonly PartyId[]): PlatformError =>
  unavailable(
    `this node has started anew, and not heard from ${parties.join(', ')} where it was before (NOT_STANDING)`,
  );

const wentBack = (party: PartyId, fault: string): PlatformError =>
  new PlatformError('KEY_LOCKED', {
    reason: `this node's journal is not the one that party ${party} has heard of (${fault}, NOT_STANDING)`,
  });
