/**
 * Proactive refresh (Herzberg, Jarecki, Krawczyk, Yung, "Proactive Secret Sharing Or: How to Cope With
 * Perpetual Leakage", CRYPTO 1995): every holder deals a sharing of zero and adds up what it gets. The
 * key stays, every share changes, and an old share fits no new one. The steps are numbered in
 * docs/protocols/refresh.md.
 */
import type { Bytes } from '#core/bytes.ts';
import { type Protocol, type Random, requireConsistent } from '#signing/kernel.ts';
import { hedgedRandom, openSession } from '#signing/session.ts';
import { confirmDealing, dealTogether } from './dealing.ts';
import { type Element, type PrimeGroup, evaluatePublic, reduce } from '#signing/prime-group.ts';
import { type Share, describeKey, elementsOf, sharesFitKey } from './share.ts';

export type RefreshParameters<P extends Element<P>, S extends Share> = {
  readonly group: PrimeGroup<P>;
  /** This party's share. Every holder of the key takes part. */
  readonly share: S;
  /** Binds the session: protocol version, committee, key, organisation, old and new epoch. */
  readonly context: Bytes;
  readonly random: Random;
};

/**
 * One party's part: its new share of the same key. The old one is the caller's to erase, once every
 * party has stored the new one and signatures under it verify.
 * @throws ProtocolAbort
 */
export function* refresh<P extends Element<P>, S extends Share>(
  p: RefreshParameters<P, S>,
): Protocol<S> {
  const { group, share } = p;
  const { party: me, parties, threshold } = share;
  // Spec 0.1-0.4
  const session = yield* openSession({
    me,
    parties,
    context: p.context,
    random: p.random,
    protocol: 'refresh',
    purpose: [group.name, ...describeKey(share)],
  });
  const before = elementsOf(group, share);
  const random = hedgedRandom(session, group.encodeScalar(share.secret), p.random);
  const dealt = yield* dealTogether(session, {
    group,
    threshold,
    receivers: parties,
    constant: 0n,
    constantOf: () => group.identity,
    random,
  });
  // Spec 4.4
  const after = new Map(
    parties.map((party) => [
      party,
      (before.get(party) as P).add(evaluatePublic(group, dealt.coefficients, party)),
    ]),
  );
  const secret = reduce(group, share.secret + dealt.share);
  requireConsistent('IDENTITY_SHARE', ![...after.values()].some((one) => one.is0()));
  // Spec 4.5
  requireConsistent('KEY_CHANGED', sharesFitKey(group, after, threshold, share.publicKey));
  // Spec 4.6
  requireConsistent('OWN_SHARE', group.multiplyBase(secret).equals(after.get(me) as P));
  const verifyingShares = new Map(
    [...after].map(([party, one]) => [party, group.encodePoint(one)]),
  );
  const refreshed: S = { ...share, secret, verifyingShares };
  yield* confirmDealing(session, describeKey(refreshed));
  return refreshed;
}
