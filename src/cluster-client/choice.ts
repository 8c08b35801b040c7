/** Which nodes sign together: every set once, those first whose nodes are blamed least. */
import type { PartyId } from '#signing/kernel.ts';

/** All subsets of this size, in the order of the list: ascending ids within a set. */
export function* subsetsOf(
  parties: readonly PartyId[],
  size: number,
): Generator<readonly PartyId[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = 0; first <= parties.length - size; first++) {
    for (const rest of subsetsOf(parties.slice(first + 1), size - 1)) {
      yield [parties[first] as PartyId, ...rest];
    }
  }
}

/**
 * The next set to try, or undefined when all were tried. `turn` moves the load around: it counts up
 * with each request.
 */
export function chooseSigners(p: {
  readonly parties: readonly PartyId[];
  readonly size: number;
  readonly turn: number;
  /** How much speaks against a node; it only orders the sets. */
  readonly blame: (party: PartyId) => number;
  readonly tried: ReadonlySet<string>;
}): readonly PartyId[] | undefined {
  const { parties, size, turn } = p;
  const start = parties.length === 0 ? 0 : turn % parties.length;
  const rotated = [...parties.slice(start), ...parties.slice(0, start)];
  const order = rotated.toSorted((left, right) => p.blame(left) - p.blame(right));
  for (const subset of subsetsOf(order, size)) {
    const signers = subset.toSorted((a, b) => a - b);
    if (!p.tried.has(signers.join())) return signers;
  }
  return undefined;
}

/** After so many attempts no more time is lost with nodes that have not answered. */
const PATIENT_ATTEMPTS = 10;

/** What is known of the end of an attempt. */
export type Failure = {
  /** Who gave a reason. */
  readonly refusing: Iterable<PartyId>;
  /** Who said nothing at all: no other node can have made it so. */
  readonly silent: Iterable<PartyId>;
};

/**
 * The sets that one request tries. Of at most n - t nodes that spoil every set which they are in, no more
 * is certain than that, so that the one set without them may be any: all are tried, each once, if it
 * must be, and the failures so far say in which order. A node that refuses may lie, or be honest in a
 * liar's company and the liar silent; so each attempt follows the other belief than the one before: put
 * last whoever refused, or whoever was in the most sets that failed.
 */
export class Choice {
  readonly #turn: number;
  readonly #isSuspect: (party: PartyId) => boolean;
  readonly #tried = new Set<string>();
  readonly #refusing = new Set<PartyId>();
  readonly #silent = new Set<PartyId>();
  readonly #failed = new Map<PartyId, number>();

  /** `turn` moves the load around; `isSuspect` tells who failed in other requests. */
  constructor(turn: number, isSuspect: (party: PartyId) => boolean) {
    this.#turn = turn;
    this.#isSuspect = isSuspect;
  }

  /** The set to try now; nothing where there is none left. */
  next(parties: readonly PartyId[], size: number): readonly PartyId[] | undefined {
    const attempt = this.#tried.size;
    const isPatient = attempt < PATIENT_ATTEMPTS;
    const signers = chooseSigners({
      parties: isPatient ? parties : parties.filter((party) => !this.#silent.has(party)),
      size,
      turn: this.#turn,
      blame: (party) =>
        isPatient && (this.#silent.has(party) || this.#isSuspect(party))
          ? PATIENT_ATTEMPTS
          : this.#blame(party, attempt),
      tried: this.#tried,
    });
    if (signers !== undefined) this.#tried.add(signers.join());
    return signers;
  }

  failed(signers: readonly PartyId[], { refusing, silent }: Failure): void {
    for (const party of signers) this.#failed.set(party, (this.#failed.get(party) ?? 0) + 1);
    for (const party of refusing) this.#refusing.add(party);
    for (const party of silent) this.#silent.add(party);
  }

  /** The set failed for a reason that does not hold any more. */
  forget(signers: readonly PartyId[]): void {
    this.#tried.delete(signers.join());
  }

  /** Every set may be tried again. */
  begin(): void {
    this.#tried.clear();
  }

  #blame(party: PartyId, attempt: number): number {
    return attempt % 2 === 0 ? Number(this.#refusing.has(party)) : (this.#failed.get(party) ?? 0);
  }
}
