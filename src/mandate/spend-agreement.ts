/**
 * One node's part in the agreement about spends: what it has in writing, what it tells of that, and
 * when it lets a share leave (docs/adr/0017, 0025). It does no I/O: the caller writes to the disk before it
 * passes an answer on, and has checked every signature and every mandate.
 *
 * 1. `record`: the spend is judged over what this node knows, and is known from then on.
 * 2. `confirm`, where a quorum is not everybody: shown a quorum's receipts, the node tells what it knows.
 * 3. `requireAgreed`, before a share leaves: a quorum has recorded it; a quorum that had seen those
 *    receipts has confirmed; and all that they knew is known here and was judged.
 *
 * A spend that came no further may be withdrawn from, and once enough nodes have done so it is buried: it is
 * known for ever, and counts no more (`withdrawal.ts`).
 */
import { PlatformError } from '#core/errors.ts';
import { type Cut, type Known, KnownSpends, areCuts, digestOf } from './known-spends.ts';
import { type Shape, needsConfirmation, requireQuorum } from './quorum.ts';
import { type Stage, isBlocked } from './withdrawal.ts';

/** `id` is the hash of the intent, in hex; `created` is what the intent says. */
export type Recorded = { readonly id: string; readonly created: number };

/**
 * Whether the spend in question is within every limit when all of `known` count as spent, itself among
 * them or not. @throws when it is not
 */
export type Judge<S extends Recorded> = (known: ReadonlyMap<string, S>) => void;

/** `ids` has a list for each range; one that is empty says nothing. */
export type Told = { readonly known: Known; readonly ids: readonly (readonly string[])[] };

export type Confirmed = Told & { readonly party: number };

export type Agreed = {
  /** The spend in question. */
  readonly id: string;
  readonly recordedBy: Iterable<number>;
  readonly confirmed: readonly Confirmed[];
};

/** How whoever compares what nodes have told may cut the ranges next. */
export type Cutting = {
  /** By range. */
  readonly splits: readonly (readonly Cut[])[];
  readonly recent?: Cut;
};

export type SpendAgreement<S extends Recorded> = {
  /** A spend that is known already is judged again, and counts once. @throws what `judge` throws */
  record(spend: S, judge: Judge<S>): void;
  /** A spend that another node has in writing: it counts here from now on, whatever it does to a limit. */
  learn(spend: S): void;
  /** All that this node knows, in ranges that end at these cuts. */
  tell(untils: readonly Cut[]): Told & Cutting;
  /**
   * The same, as its confirmation of the spend `id`.
   * @throws SIGNERS_UNAVAILABLE when it is not in writing here, EVIDENCE_REJECTED when it was withdrawn from
   */
  confirm(id: string, untils: readonly Cut[]): Told & Cutting;
  /** One that counts. */
  find(id: string): S | undefined;
  /** Also when it is buried. */
  isKnown(id: string): boolean;
  /** @throws EVIDENCE_REJECTED when this node has withdrawn from it, or it is buried */
  requireOpen(id: string): void;
  /**
   * From now on this node does nothing more for the spend. It counts on: others may.
   * @throws EVIDENCE_REJECTED when a share of it may have left this node
   */
  withdraw(id: string): Stage;
  /**
   * Enough nodes have withdrawn from it: it counts no more.
   * @throws EVIDENCE_REJECTED when they are too few, or a share may have left this node
   */
  bury(id: string, withdrawn: ReadonlyMap<number, Stage>): void;
  /** What the disk says of the time before a start: how far it had come at most. */
  restore(id: string, past: 'confirmed' | 'signed' | 'withdrawn' | 'buried'): void;
  /**
   * From now on a share may have left. @throws SIGNERS_UNAVAILABLE without a quorum, or of one that knew no spend that this node does not (it
   * can learn them), what `requireOpen` throws, and what `judge` throws
   */
  requireAgreed(agreed: Agreed, judge: Judge<S>): void;
};

/** How many ranges a node remembers to have told. */
const TOLD_MAX = 4_096;

export function spendAgreement<S extends Recorded>(shape: Shape): SpendAgreement<S> {
  /** Those that count. */
  const spends = new Map<string, S>();
  /** How far each one has come here that is known. */
  const stages = new Map<string, Stage>();
  /** Of these a share may have left. */
  const signed = new Set<string>();
  const withdrawn = new Set<string>();
  const buried = new Set<string>();
  const known = new KnownSpends();
  /**
   * What this node has told: it knew all of it then, so it does now. Others that told the same a moment ago
   * are followed, however many spends have come in between.
   */
  const told = new Set<string>();

  function add(spend: S): void {
    const { id } = spend;
    if (!stages.has(id)) {
      known.add(spend);
      stages.set(id, 'recorded');
    }
    if (!buried.has(id)) spends.set(id, spend);
  }

  function tell(untils: readonly Cut[]): Told & Cutting {
    const ranges = known.ranges(untils);
    remember(ranges);
    const recent = known.recent();
    return {
      known: ranges,
      ids: known.lists(untils),
      splits: known.splits(untils),
      ...(recent === undefined ? {} : { recent }),
    };
  }

  function requireOpen(id: string): void {
    if (!withdrawn.has(id) && !buried.has(id)) return;
    throw rejected('this node has withdrawn from the payment');
  }

  function requireUnsigned(id: string): void {
    if (!signed.has(id)) return;
    throw rejected('a share of this payment may have left this node');
  }

  function remember(ranges: Known): void {
    for (const range of namesOf(ranges)) told.add(range);
    for (const oldest of told) {
      if (told.size <= TOLD_MAX) break;
      told.delete(oldest);
    }
  }

  /** Whether this node counts whatever the other one knew. */
  function isAllKnown({ known: theirs, ids }: Confirmed): boolean {
    const untils = theirs.map(({ until }) => until);
    if (!areCuts(untils)) return false;
    const names = namesOf(theirs);
    const own = known.ranges(untils);
    return theirs.every((range, index) => {
      if (own[index]?.digest === range.digest) return true;
      if (told.has(names[index] as string)) return true;
      const listed = ids[index] ?? [];
      if (listed.length !== range.count || digestOf(listed) !== range.digest) return false;
      return listed.every((id) => stages.has(id));
    });
  }

  /** A quorum of those is enough: who tells of spends that nobody can show stops no payment. */
  function requireConfirmed(confirmed: readonly Confirmed[]): void {
    const all = confirmed.map(({ party }) => party);
    requireQuorum(shape, all, 'confirmations');
    const followed = confirmed.filter(isAllKnown).map(({ party }) => party);
    const others = all.filter((party) => !followed.includes(party));
    const unlike = `confirmations that this node can follow, not those of ${others.join(', ')} (SPENDS_DIFFER)`;
    requireQuorum(shape, followed, unlike);
  }

  return {
    record(spend, judge) {
      requireOpen(spend.id);
      judge(spends);
      add(spend);
    },
    learn(spend) {
      if (!stages.has(spend.id)) add(spend);
    },
    tell,
    confirm(id, untils) {
      requireOpen(id);
      if (!stages.has(id)) {
        throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'it is not in writing here' });
      }
      if (stages.get(id) === 'recorded') stages.set(id, 'confirmed');
      return tell(untils);
    },
    find: (id) => spends.get(id),
    isKnown: (id) => stages.has(id),
    requireOpen,
    withdraw(id) {
      requireUnsigned(id);
      withdrawn.add(id);
      return stages.get(id) ?? 'none';
    },
    bury(id, by) {
      requireUnsigned(id);
      if (!isBlocked(shape, by)) throw rejected('too few nodes have withdrawn from the payment');
      buried.add(id);
      spends.delete(id);
    },
    restore(id, past) {
      if (past === 'withdrawn') withdrawn.add(id);
      else if (past === 'buried') {
        buried.add(id);
        spends.delete(id);
      } else if (past === 'signed') signed.add(id);
      else if (stages.has(id)) stages.set(id, past);
    },
    requireAgreed({ id, recordedBy, confirmed }, judge) {
      requireOpen(id);
      requireQuorum(shape, recordedBy, 'receipts');
      if (needsConfirmation(shape)) requireConfirmed(confirmed);
      judge(spends);
      signed.add(id);
    },
  };
}

const rejected = (reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field: 'intent', reason });

/** Each range by its bounds and its digest. */
const namesOf = (ranges: Known): readonly string[] =>
  ranges.map(({ until, digest }, index) => `${ranges[index - 1]?.until ?? ''} ${until} ${digest}`);
