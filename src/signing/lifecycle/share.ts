/** A shared key as its life cycle sees it, whatever scheme signs with it. */
import type { Bytes } from '#core/bytes.ts';
import type { Scalar } from '#signing/curve.ts';
import { type PartyId, requireConsistent } from '#signing/kernel.ts';
import {
  type Element,
  type PrimeGroup,
  coefficientAtZero,
  interpolatePublic,
} from '#signing/prime-group.ts';

/** What everybody knows of a shared key. */
export type SharedKey = {
  /** Everybody who holds a share, ascending. */
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  /** f(0) G, as the group encodes it. */
  readonly publicKey: Bytes;
  /** f(i) G for every party i. */
  readonly verifyingShares: ReadonlyMap<PartyId, Bytes>;
  /** Public bytes that stay with the key for derivation; none where the scheme derives nothing. */
  readonly chainCode: Bytes;
};

/** One party's share. A `KeyShare` is one. */
export type Share = SharedKey & {
  readonly party: PartyId;
  /** f(party). */
  readonly secret: Scalar;
};

/** Everything that is known of a key, as parts of a hash. */
export const describeKey = (key: SharedKey) =>
  [
    [...key.parties],
    key.threshold,
    key.publicKey,
    key.parties.map((party) => key.verifyingShares.get(party) as Bytes),
    key.chainCode,
  ] as const;

/** The verifying shares as elements. @throws ProtocolAbort `inconsistent` `VERIFYING_SHARE` */
export function elementsOf<P extends Element<P>>(
  group: PrimeGroup<P>,
  key: SharedKey,
): ReadonlyMap<PartyId, P> {
  const elements = new Map<PartyId, P>();
  for (const party of key.parties) {
    const bytes = key.verifyingShares.get(party);
    const element = bytes === undefined ? undefined : group.decodePoint(bytes);
    requireConsistent('VERIFYING_SHARE', element !== undefined);
    elements.set(party, element as P);
  }
  return elements;
}

/**
 * Whether the verifying shares lie on one polynomial of degree threshold - 1 through the public key:
 * the first `threshold` of them give the key, and so does every set that swaps one of them.
 */
export function sharesFitKey<P extends Element<P>>(
  group: PrimeGroup<P>,
  elements: ReadonlyMap<PartyId, P>,
  threshold: number,
  publicKey: Bytes,
): boolean {
  const key = group.decodePoint(publicKey);
  const all = [...elements];
  const common = all.slice(0, threshold - 1);
  return (
    key !== undefined &&
    all
      .slice(threshold - 1)
      .every((last) => interpolatePublic(group, new Map([...common, last])).equals(key))
  );
}

/** lambda_party S_party for the set: what this dealer's contribution to the key must be. */
export const weightedShare = <P extends Element<P>>(
  group: PrimeGroup<P>,
  elements: ReadonlyMap<PartyId, P>,
  party: PartyId,
  set: readonly PartyId[],
): P => group.multiplyPublic(elements.get(party) as P, coefficientAtZero(group, party, set));
