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

/**
 * What the failures of one request say against its nodes. A node that refuses may lie, or be honest in a
 * liar's company and the liar silent; so each attempt follows the other belief than the one before: put
 * last whoever refused, or whoever was in the most sets that failed.
 */
export class Blame {
  readonly #refusing = new Set<PartyId>();
  readonly #failed = new Map<PartyId, number>();

  add(signers: readonly PartyId[], refusing: Iterable<PartyId>): void {
    for (const party of signers) this.#failed.set(party, (this.#failed.get(party) ?? 0) + 1);
    for (const party of refusing) this.#refusing.add(party);
  }

  /** At most the number of attempts. */
  of(party: PartyId, attempt: number): number {
    return attempt % 2 === 0 ? Number(this.#refusing.has(party)) : (this.#failed.get(party) ?? 0);
  }
}
