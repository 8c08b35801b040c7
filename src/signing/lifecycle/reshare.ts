/**
 * Resharing to another set of holders or another threshold (Desmedt, Jajodia, "Redistributing Secret
 * Shares to New Access Structures and Its Applications", 1997, with Feldman commitments): old holders
 * deal their weighted shares. The steps are numbered in docs/protocols/reshare.md.
 */
import type { Bytes } from '#core/bytes.ts';
import type { Scalar } from '#signing/curve.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  requireConsistent,
  requireParties,
} from '#signing/kernel.ts';
import { hedgedRandom, openSession } from '#signing/session.ts';
import { confirmDealing, dealTogether } from './dealing.ts';
import {
  type Element,
  type PrimeGroup,
  coefficientAtZero,
  evaluatePublic,
  reduce,
} from '#signing/prime-group.ts';
import {
  type Share,
  type SharedKey,
  describeKey,
  elementsOf,
  sharesFitKey,
  weightedShare,
} from './share.ts';

export type ReshareParameters<P extends Element<P>> = {
  readonly group: PrimeGroup<P>;
  readonly me: PartyId;
  /** The key as it is shared now; who joins takes it from those who hold it. */
  readonly from: SharedKey;
  /** This party's share now, of a dealer only. */
  readonly secret?: Scalar;
  /** At least `from.threshold` of the present holders, ascending: they deal. */
  readonly dealers: readonly PartyId[];
  /** Who holds the key afterwards, ascending. */
  readonly receivers: readonly PartyId[];
  /** How many of the receivers will sign together. */
  readonly threshold: number;
  /** Binds the session: protocol version, committee, key, organisation, old and new epoch. */
  readonly context: Bytes;
  readonly random: Random;
};

const isAscending = (set: readonly PartyId[]): boolean =>
  set.every((party, at) => party > (set[at - 1] ?? 0));

/** Spec 0.1 @throws ProtocolAbort `benign`: nothing was sent */
function requireSets(p: Omit<ReshareParameters<never>, 'group'>): readonly PartyId[] {
  const { me, from, dealers, receivers, threshold } = p;
  const union = [...new Set([...dealers, ...receivers])].toSorted((a, b) => a - b);
  requireParties(me, union);
  const setsFit =
    isAscending(dealers) &&
    isAscending(receivers) &&
    dealers.every((party) => from.parties.includes(party)) &&
    dealers.length >= from.threshold &&
    dealers.includes(me) === (p.secret !== undefined);
  if (!setsFit) throw new ProtocolAbort('benign', 'PARTY_SET');
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > receivers.length) {
    throw new ProtocolAbort('benign', 'THRESHOLD');
  }
  return union;
}

/**
 * One party's part: its share of the same key under the new sharing, or undefined for a party that
 * only deals. A party that joins without having held a share deals zero, so that everybody's
 * randomness is in the new polynomial.
 * @throws ProtocolAbort
 */
export function* reshare<P extends Element<P>>(
  p: ReshareParameters<P>,
): Protocol<Share | undefined> {
  const { group, me, from, dealers, receivers, threshold } = p;
  const parties = requireSets(p);
  // Spec 0.2-0.4
  const session = yield* openSession({
    me,
    parties,
    context: p.context,
    random: p.random,
    protocol: 'reshare',
    purpose: [group.name, ...describeKey(from), [...dealers], [...receivers], threshold],
  });
  const before = elementsOf(group, from);
  // Spec 0.5
  requireConsistent('KEY_MISMATCH', sharesFitKey(group, before, from.threshold, from.publicKey));
  const secret = p.secret ?? 0n;
  const weight = dealers.includes(me) ? coefficientAtZero(group, me, dealers) : 0n;
  const dealt = yield* dealTogether(session, {
    group,
    threshold,
    receivers,
    constant: reduce(group, weight * secret),
    constantOf: (party) =>
      dealers.includes(party) ? weightedShare(group, before, party, dealers) : group.identity,
    random: hedgedRandom(session, group.encodeScalar(secret), p.random),
  });
  // Spec 4.4
  const publicKey = group.decodePoint(from.publicKey) as P;
  requireConsistent('KEY_CHANGED', (dealt.coefficients[0] as P).equals(publicKey));
  const after = receivers.map((party) => evaluatePublic(group, dealt.coefficients, party));
  requireConsistent('IDENTITY_SHARE', !after.some((one) => one.is0()));
  const key: SharedKey = {
    parties: [...receivers],
    threshold,
    publicKey: from.publicKey,
    verifyingShares: new Map(
      receivers.map((party, at) => [party, group.encodePoint(after[at] as P)] as const),
    ),
    chainCode: from.chainCode,
  };
  yield* confirmDealing(session, describeKey(key));
  return receivers.includes(me) ? { ...key, party: me, secret: dealt.share } : undefined;
}
