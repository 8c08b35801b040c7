/**
 * What every protocol of this floor is made of. A protocol is one party's part: a generator that
 * yields the messages of a round and is resumed with everybody else's messages of that round. It
 * does no I/O and draws randomness only from its argument, so the simulator and a signer process run
 * the same code.
 */
import type { Bytes } from '#core/bytes.ts';

/** 1..n, fixed by the committee's record. It is also the party's Shamir index. */
export type PartyId = number;

/** Returns `size` fresh, uniformly random bytes. */
export type Random = (size: number) => Bytes;

/** One round's messages of one party: one for everybody, and one for each peer that needs its own. */
export type Outgoing = {
  readonly broadcast?: Bytes;
  readonly direct?: ReadonlyMap<PartyId, Bytes>;
};

/** One round's messages of one peer, as they reached this party. */
export type Received = { readonly broadcast?: Bytes; readonly direct?: Bytes };

/** Everybody else's messages of the round: exactly one entry for each peer of the session. */
export type Incoming = ReadonlyMap<PartyId, Received>;

export type Protocol<Output> = Generator<Outgoing, Output, Incoming>;

/**
 * Why a session ended without its output.
 * - `benign`: a peer went away or sent what no key could have authenticated; run a new session.
 * - `cheat`: a peer provably broke the protocol; the pair is banned until an operator has looked.
 * - `inconsistent`: the outcome is wrong and nobody can be named (an invalid final signature, a
 *   mismatch of echoes).
 */
export type AbortClass = 'benign' | 'cheat' | 'inconsistent';

/** The session is over and no output was released. `culprits` is empty where nobody can be named. */
export class ProtocolAbort extends Error {
  override readonly name = 'ProtocolAbort';
  readonly kind: AbortClass;
  /** Which check failed, in upper snake case, e.g. `OPENING_MISMATCH`. */
  readonly check: string;
  readonly culprits: readonly PartyId[];

  constructor(kind: AbortClass, check: string, culprits: readonly PartyId[] = []) {
    super(`${check}${culprits.length === 0 ? '' : ` (party ${culprits.join(', ')})`}`);
    this.kind = kind;
    this.check = check;
    this.culprits = culprits;
  }
}

/**
 * Throws a `cheat` that names every party for which the claim is false. All parties are looked at
 * before anybody is named, so that one culprit does not hide another.
 */
export function blameUnless(
  check: string,
  parties: Iterable<PartyId>,
  holds: (party: PartyId) => boolean,
): void {
  const culprits = [...parties].filter((party) => !holds(party));
  if (culprits.length > 0) throw new ProtocolAbort('cheat', check, culprits);
}

/** Ends the session without a name: the parties' views differ, or the outcome is wrong. */
export function requireConsistent(check: string, holds: boolean): void {
  if (!holds) throw new ProtocolAbort('inconsistent', check);
}

/** Ids travel as two bytes, and 0 would be the Shamir index of the secret itself. */
const PARTY_MAX = 0xffff;

/**
 * A set of parties as every protocol takes it: at least two, ascending, unique, with `me` in it.
 * @throws ProtocolAbort `benign` `PARTY_SET`: nothing was sent, whoever asked must ask differently.
 */
export function requireParties(me: PartyId, parties: readonly PartyId[]): void {
  const ascending = parties.every(
    (party, at) =>
      Number.isInteger(party) &&
      party <= PARTY_MAX &&
      party > (at === 0 ? 0 : (parties[at - 1] as PartyId)),
  );
  if (parties.length < 2 || !ascending || !parties.includes(me)) {
    throw new ProtocolAbort('benign', 'PARTY_SET');
  }
}
