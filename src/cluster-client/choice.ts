/** Which nodes sign together: every set once, those first whose nodes are not under suspicion. */
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
  readonly isSuspect: (party: PartyId) => boolean;
  readonly tried: ReadonlySet<string>;
}): readonly PartyId[] | undefined {
  const { parties, size, turn } = p;
  const start = parties.length === 0 ? 0 : turn % parties.length;
  const rotated = [...parties.slice(start), ...parties.slice(0, start)];
  const trusted = rotated.filter((party) => !p.isSuspect(party));
  const order = [...trusted, ...rotated.filter((party) => !trusted.includes(party))];
  for (const subset of subsetsOf(order, size)) {
    const signers = subset.toSorted((a, b) => a - b);
    if (!p.tried.has(signers.join())) return signers;
  }
  return undefined;
}
