/**
 * What a node may say after a start (docs/adr/0027). Its disk may have been put back, and then it has forgotten
 * what it gave its word for; so it gives none before every other member has signed where it last heard this
 * node's journal to be, and the journal holds all of that. Each start has a name of its own, which stands in
 * each of the node's statements: whoever has heard of a start relies on no statement of one before it, so that
 * nothing comes to count later that was held back when the node said where it was heard.
 */
import { PlatformError } from '#core/errors.ts';
import { type Instant, MINUTE_MS } from '#core/time.ts';
import { type Mode, honestBeside } from '#mandate/quorum.ts';
import type { CheckedReceipt, OwnWord } from '#mandate/receipt-text.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Approvals } from './approvals.ts';
import type { Authority } from './authority.ts';
import type { Committee } from './committee.ts';
import type { Journal, JournalEntry, JournalPast, Position } from './journal.ts';
import type { LogHead } from './proto/cosign-request.ts';
import type { Spends } from './spends.ts';
import { type Standing, twoCopies } from './standing.ts';
import { type ToldOfStart, headsOf } from './told-of-start.ts';

/** A party, and the newest start of it that somebody has heard of. */
export type HeardStart = { readonly party: PartyId; readonly start: string };

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
   * @throws SIGNERS_UNAVAILABLE when this node has heard of another start than the one that it replaces; KEY_LOCKED when
   *   that one had replaced it before, so that both live
   */
  take(start: HeardStart, replaced: string, journal: Position): Promise<ToldOfStart>;
  /** What another one has signed for this start. @throws KEY_LOCKED when this journal is not what it has heard */
  hear(party: PartyId, told: ToldOfStart): Promise<void>;
  /** Uses the operator's words for going on in this start without some of the others, members or not. */
  excuse(): Promise<void>;
  /** Whether the operator lets this node go on without it. */
  isLeftOut(party: PartyId): boolean;
  /** Why this node gives no word and no share yet; undefined where it does. */
  objection(): PlatformError | undefined;
  /** @throws SIGNERS_UNAVAILABLE, KEY_LOCKED: this node gives no word and no share yet */
  requireStanding(): void;
  /** For a word about what others than the members know. @throws SIGNERS_UNAVAILABLE */
  requireToldBy(parties: readonly PartyId[]): void;
  /** Why its log of authority may have gone further before this start, or elsewhere; undefined where it cannot have. */
  logObjection(organization: string): PlatformError | undefined;
  /** @throws SIGNERS_UNAVAILABLE when its log of authority may have gone further before this start */
  requireLog(organization: string): void;
  /** Organisations with such an objection. */
  readonly owed: readonly string[];
  /** What others had cosigned of an audit log when they heard of this start. */
  cosigned(origin: string): readonly { readonly party: PartyId; readonly head: LogHead }[];
  /**
   * Of a payment that was in writing somewhere when this node started, a share may have left it before.
   * @throws EVIDENCE_REJECTED
   */
  requireNoShareBefore(created: number): void;
};

export type StartsParts = {
  readonly own: string;
  readonly me: PartyId;
  readonly committee: Pick<Committee, 'members' | 'retired' | 'threshold'>;
  readonly mode: Mode;
  readonly journal: Pick<Journal, 'append'> & JournalPast;
  readonly entries: readonly JournalEntry[];
  readonly standing: Pick<Standing, 'faultIn' | 'placeOf' | 'twice' | 'once' | 'doubled'>;
  readonly approvals: Pick<Approvals, 'find' | 'use'>;
  readonly spends: Pick<Spends, 'newest'>;
  readonly authority: Pick<Authority, 'find' | 'pins' | 'hashAt'>;
  /** By origin, what this node cosigned last. */
  readonly cosigned: ReadonlyMap<string, LogHead>;
  readonly now: () => Instant;
};

/** This node has signed nothing that was made so much later than its own clock said (`verify-mandate.ts`). */
const AHEAD_MAX_MS = MINUTE_MS;

export function starts(parts: StartsParts): Starts {
  const { own, me, committee, mode, journal, entries, standing, approvals, spends } = parts;
  const { authority } = parts;
  const others = committee.members.map(({ party }) => party).filter((party) => party !== me);
  const retired = committee.retired.map(({ party }) => party).filter((party) => party !== me);
  const shape = { threshold: committee.threshold, members: committee.members.length, mode };
  const known = new Map<PartyId, string>([[me, own]]);
  /** All that this node has ever heard of. */
  const names = new Map<PartyId, Set<string>>();
  function namesOf(party: PartyId): Set<string> {
    const all = names.get(party) ?? new Set<string>();
    names.set(party, all);
    return all;
  }
  for (const entry of entries) {
    if (entry.kind !== 'started' || entry.party === me) continue;
    known.set(entry.party, entry.start);
    namesOf(entry.party).add(entry.start);
  }
  const writing = new Map<PartyId, Promise<void>>();
  const told = new Map<PartyId, ToldOfStart>();
  const excused = new Set<PartyId>();
  const faults = new Map<PartyId, string>();
  const newestOwn = spends.newest;
  /** What those said without whom the operator did not let it go on. */
  const counted = (): readonly (readonly [PartyId, ToldOfStart])[] =>
    [...told].filter(([party]) => !excused.has(party));
  /**
   * So many of those who told are honest and have whatever counts that this node may have forgotten: what fewer say
   * is nothing of that kind. Those whom the operator leaves out may have been among them.
   */
  const enough = (): number =>
    Math.max(1, honestBeside(shape) - others.filter((party) => excused.has(party)).length);
  /** A share of nothing newer can have left this node before this start. */
  function newest(): number {
    const all = counted().map(([, word]) => word.newest);
    return Math.max(newestOwn, all.toSorted((a, b) => b - a)[enough() - 1] ?? 0);
  }

  const missing = (): readonly PartyId[] =>
    others.filter((party) => !told.has(party) && !excused.has(party));
  /** For availability as many as sign with it: any of them could be the ones that it is asked to sign with. */
  const awaited = (): number =>
    mode === 'availability' ? others.length - (committee.threshold - 1) : 0;
  const isStanding = (): boolean => faults.size === 0 && missing().length <= awaited();

  function objection(): PlatformError | undefined {
    const [fault] = faults;
    if (fault !== undefined) return wentBack(...fault);
    return isStanding() ? undefined : notStanding(missing());
  }

  /** Only of organisations that this node trusts; a log that it has not counts as one that ends before the genesis. */
  function logObjection(organization: string): PlatformError | undefined {
    const lacking = counted().filter(([, { heads }]) => {
      const head = heads.get(organization);
      return head !== undefined && authority.hashAt(organization, head.sequence) !== head.hash;
    });
    if (lacking.length < enough()) return undefined;
    const due = Math.max(...lacking.map(([, { heads }]) => heads.get(organization)?.sequence ?? 0));
    const at = authority.find(organization)?.head.sequence ?? 0;
    const parties = lacking.map(([party]) => party).join(', ');
    const code = at < due ? 'AUTHORITY_BEHIND' : 'AUTHORITY_DIFFERS';
    return unavailable(
      `this node's log of authority ends at ${at}, and does not hold what party ${parties} had ` +
        `when it started, up to ${due} (${code}, NOT_STANDING)`,
    );
  }

  const isCurrent = ({ party, own: word }: CheckedReceipt): boolean =>
    !standing.doubled.has(party) &&
    word['start'] !== undefined &&
    word['start'] === known.get(party);

  return {
    own,
    get isStanding() {
      return isStanding();
    },
    get missing() {
      return isStanding() ? [] : [...new Set([...missing(), ...faults.keys()])];
    },
    heard: () =>
      [...known].flatMap(([party, start]) =>
        // Of two copies none counts as heard of: the one that is kept tells of itself once more.
        party === me ? [] : [{ party, start: standing.doubled.has(party) ? '' : start }],
      ),
    word: () => ({ start: own, journal: { ...journal.durable } }),
    isCurrent,
    current: (receipts) => receipts.filter(isCurrent),
    async take({ party, start }, replaced, at) {
      const isNew = known.get(party) !== start;
      // Whichever copy the operator has kept is the next one that comes.
      const isAccepted = approvals.find({ operation: 'accept', party }) !== undefined;
      const isKept = isAccepted && standing.doubled.has(party);
      if (isNew && !isKept && (known.get(party) ?? '') !== replaced) {
        throw unavailable(`party ${party} has started since then (STARTED_ANEW)`);
      }
      // What it is to replace was not there before it was replaced itself: whoever signed this lives beside it.
      if (isNew && !isAccepted && namesOf(party).has(start)) {
        await standing.twice(party, start);
        throw twoCopies(party);
      }
      if (standing.doubled.has(party) && !isAccepted) throw twoCopies(party);
      if (isNew || isKept) {
        standing.once(party);
        known.set(party, start);
        namesOf(party).add(start);
        writing.set(party, journal.append({ kind: 'started', party, start }));
      }
      await writing.get(party);
      const place = await standing.placeOf(party, at);
      const word = { newest: spends.newest, heads: headsOf(authority), cosigned: parts.cosigned };
      return place === undefined ? word : { ...word, journal: place };
    },
    async hear(party, word) {
      const fault = word.journal && (await standing.faultIn(word.journal));
      if (fault !== undefined) {
        if (!excused.has(party)) faults.set(party, fault);
        throw wentBack(party, fault);
      }
      faults.delete(party);
      // By its clock this node has signed nothing newer, whatever is said.
      told.set(party, { ...word, newest: Math.min(word.newest, parts.now() + AHEAD_MAX_MS) });
    },
    async excuse() {
      for (const party of [...others, ...retired]) {
        const word = approvals.find({ operation: 'stand', party, start: own });
        if (word === undefined) continue;
        await approvals.use(word);
        excused.add(party);
        faults.delete(party);
      }
    },
    isLeftOut: (party) => excused.has(party),
    objection,
    requireStanding() {
      const found = objection();
      if (found !== undefined) throw found;
    },
    requireToldBy(parties) {
      const due = parties.filter((party) => party !== me && !told.has(party));
      const silent = due.filter((party) => !excused.has(party));
      if (silent.length > 0) throw notStanding(silent);
    },
    logObjection,
    requireLog(organization) {
      const found = logObjection(organization);
      if (found !== undefined) throw found;
    },
    get owed() {
      return [...authority.pins().keys()].filter((id) => logObjection(id) !== undefined);
    },
    cosigned: (origin) =>
      counted().flatMap(([party, word]) => {
        const head = word.cosigned.get(origin);
        return head === undefined ? [] : [{ party, head }];
      }),
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
