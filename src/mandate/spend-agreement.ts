/**
 * One node's part in the agreement about spends: what it has in writing, what it tells of that, and
 * when it lets a share leave (docs/adr/0017). It does no I/O: the caller writes to the disk before it
 * passes an answer on, and has checked every signature and every mandate.
 *
 * 1. `record`: the spend is judged over what this node knows, and is known from then on.
 * 2. `confirm`, where a quorum is not everybody: shown a quorum's receipts, the node tells what it knows.
 * 3. `requireAgreed`, before a share leaves: a quorum has recorded it; a quorum that had seen those
 *    receipts has confirmed; and all that they knew is known here and was judged.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { type Shape, needsConfirmation, requireQuorum } from './quorum.ts';

/** `id` is the hash of the intent, in hex. */
export type Recorded = { readonly id: string; readonly created: number };

/** What a node knows of the spends that were made at or after `since`, milliseconds since 1970. */
export type Known = { readonly since: number; readonly count: number; readonly digest: string };

/**
 * Whether the spend in question is within every limit when all of `known` count as spent, itself among
 * them or not. @throws when it is not
 */
export type Judge<S extends Recorded> = (known: ReadonlyMap<string, S>) => void;

export type Agreed = {
  readonly recordedBy: Iterable<number>;
  readonly confirmed: readonly Confirmed[];
  readonly since: number;
};

export type SpendAgreement<S extends Recorded> = {
  /** A spend that is known already is judged again, and counts once. @throws what `judge` throws */
  record(spend: S, judge: Judge<S>): void;
  /** A spend that another node has in writing: it counts here from now on, whatever it does to a limit. */
  learn(spend: S): void;
  known(since: number): Known;
  /** The ids behind `known`, ascending. */
  idsSince(since: number): readonly string[];
  find(id: string): S | undefined;
  /** Once nothing can pay it any more. */
  forget(id: string): void;
  /**
   * @throws SIGNERS_UNAVAILABLE without a quorum, or of one that knew no spend that this node does not (it
   * can learn them), and what `judge` throws. `since` is where the longest window of
   * the limits begins: a confirmation must reach back to it.
   */
  requireAgreed(agreed: Agreed, judge: Judge<S>): void;
};

/** `ids` may be left out; with it, a node that knows more than the other need not refuse. */
export type Confirmed = {
  readonly party: number;
  readonly known: Known;
  readonly ids?: readonly string[];
};

const knownOf = (since: number, ids: readonly string[]): Known => ({
  since,
  count: ids.length,
  digest: hex(sha256(utf8(canonicalText(ids)))),
});

const isSame = (one: Known, other: Known): boolean =>
  one.count === other.count && one.digest === other.digest;

export function spendAgreement<S extends Recorded>(shape: Shape): SpendAgreement<S> {
  const spends = new Map<string, S>();
  const idsSince = (since: number): string[] =>
    [...spends.values()]
      .filter(({ created }) => created >= since)
      .map(({ id }) => id)
      .toSorted();
  const known = (since: number): Known => knownOf(since, idsSince(since));

  /** Whether this node counts whatever the other one knew. */
  function isAllKnown({ known: theirs, ids }: Confirmed, since: number): boolean {
    if (theirs.since > since) return false;
    if (isSame(theirs, known(theirs.since))) return true;
    const isListed = ids !== undefined && isSame(theirs, knownOf(theirs.since, ids));
    return isListed && ids.every((id) => spends.has(id));
  }

  /** A quorum of those is enough: who tells of spends that nobody can show stops no payment. */
  function requireConfirmed(confirmed: readonly Confirmed[], since: number): void {
    const all = confirmed.map(({ party }) => party);
    requireQuorum(shape, all, 'confirmations');
    const known = confirmed.filter((one) => isAllKnown(one, since)).map(({ party }) => party);
    const others = all.filter((party) => !known.includes(party));
    const unlike = `confirmations that this node can follow, not those of ${others.join(', ')} (SPENDS_DIFFER)`;
    requireQuorum(shape, known, unlike);
  }

  return {
    record(spend, judge) {
      judge(spends);
      spends.set(spend.id, spend);
    },
    learn(spend) {
      if (!spends.has(spend.id)) spends.set(spend.id, spend);
    },
    known,
    idsSince,
    find: (id) => spends.get(id),
    forget: (id) => spends.delete(id),
    requireAgreed({ recordedBy, confirmed, since }, judge) {
      requireQuorum(shape, recordedBy, 'receipts');
      if (needsConfirmation(shape)) requireConfirmed(confirmed, since);
      judge(spends);
    },
  };
}
