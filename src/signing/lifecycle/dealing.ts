/**
 * What refresh and reshare have in common: every party deals a polynomial whose constant term is known
 * in the exponent, committed before it is revealed, and the receivers add up what they get. The steps
 * are numbered in docs/protocols/refresh.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import type { Scalar } from '#signing/curve.ts';
import {
  type PartyId,
  type Protocol,
  type Random,
  blameUnless,
  requireConsistent,
} from '#signing/kernel.ts';
import { NOTHING, type Session, exchange, of } from '#signing/session.ts';
import { DIGEST_BYTES, type Part, digest } from '#signing/transcript.ts';
import { type Values, bytes } from '#signing/wire.ts';
import { groupPointOrIdentity, groupPoints, groupScalarOrZero } from '#signing/prime-group-wire.ts';
import {
  type Element,
  type PrimeGroup,
  evaluate,
  evaluatePublic,
  randomScalar,
  reduce,
} from '#signing/prime-group.ts';

export type Dealing<P extends Element<P>> = {
  readonly group: PrimeGroup<P>;
  /** Of the sharing that comes out: every polynomial has exactly this many coefficients. */
  readonly threshold: number;
  /** Who gets a share of the sum, ascending. */
  readonly receivers: readonly PartyId[];
  /** What this party shares. */
  readonly constant: Scalar;
  /** What each party must share, in the exponent; the identity where it must share zero. */
  readonly constantOf: (party: PartyId) => P;
  readonly random: Random;
};

/** The sum of all dealt polynomials: its value at this party, and its coefficients in the exponent. */
export type Dealt<P> = {
  /** 0 for a party that is no receiver. */
  readonly share: Scalar;
  readonly coefficients: readonly P[];
};

const SALT_BYTES = 32;

/** The rounds after round 0. */
export const DEAL_ROUNDS = {
  commit: { number: 1, broadcast: { commitment: bytes(DIGEST_BYTES) }, direct: NOTHING },
  open: <P extends Element<P>>(group: PrimeGroup<P>, threshold: number) =>
    ({
      number: 2,
      broadcast: {
        constant: groupPointOrIdentity(group),
        coefficients: groupPoints(group, threshold - 1),
        salt: bytes(SALT_BYTES),
        echo: bytes(DIGEST_BYTES),
      },
      direct: NOTHING,
    }) as const,
  echo: { number: 3, broadcast: { echo: bytes(DIGEST_BYTES) }, direct: NOTHING },
  deal: <P extends Element<P>>(group: PrimeGroup<P>) =>
    ({ number: 4, broadcast: NOTHING, direct: { share: groupScalarOrZero(group) } }) as const,
  confirm: { number: 5, broadcast: { confirmation: bytes(DIGEST_BYTES) }, direct: NOTHING },
} as const;

type OpenValues<P extends Element<P>> = Values<ReturnType<typeof DEAL_ROUNDS.open<P>>['broadcast']>;
/** What a party commits to and opens. */
export type DealOpening<P extends Element<P>> = Omit<OpenValues<P>, 'echo'>;

const encodeOpening = <P extends Element<P>>(group: PrimeGroup<P>, opening: DealOpening<P>) => [
  groupPointOrIdentity(group).write(opening.constant),
  opening.coefficients.map((one) => group.encodePoint(one)),
  opening.salt,
];

/** The hash that fixes an opening before anybody has seen another one. */
export const dealCommitment = <P extends Element<P>>(
  session: Session,
  group: PrimeGroup<P>,
  party: PartyId,
  opening: DealOpening<P>,
): Bytes =>
  digest(`${session.protocol}/commitment`, session.id, party, encodeOpening(group, opening));

/** Spec 1.1-1.2 */
export function drawDealing<P extends Element<P>>(
  group: PrimeGroup<P>,
  threshold: number,
  constant: Scalar,
  random: Random,
) {
  const rest = Array.from({ length: threshold - 1 }, () => randomScalar(group, random));
  const opening: DealOpening<P> = {
    constant: group.multiplyBase(constant),
    coefficients: rest.map((one) => group.multiplyBase(one)),
    salt: random(SALT_BYTES),
  };
  return { polynomial: [constant, ...rest], opening };
}

function requireEchoes(
  session: Session,
  heard: ReadonlyMap<PartyId, { readonly echo: Bytes }>,
  echo: Bytes,
): void {
  const equal = session.peers.every((peer) => equalBytes(of(heard, peer).echo, echo));
  requireConsistent('ECHO_MISMATCH', equal);
}

/** Rounds 1 to 3: everybody commits and opens; nobody goes on before all have seen the same. */
function* openDealings<P extends Element<P>>(
  session: Session,
  { group, threshold, constantOf }: Dealing<P>,
  own: DealOpening<P>,
): Protocol<ReadonlyMap<PartyId, readonly P[]>> {
  const { me, parties, peers } = session;
  // Spec 1.3
  const committed = yield* exchange(session, DEAL_ROUNDS.commit, {
    broadcast: { commitment: dealCommitment(session, group, me, own) },
    direct: () => NOTHING,
  });
  // Spec 2.1
  const opened = yield* exchange(session, DEAL_ROUNDS.open(group, threshold), {
    broadcast: { ...own, echo: committed.echo },
    direct: () => NOTHING,
  });
  // Spec 2.2
  requireEchoes(session, opened.broadcast, committed.echo);
  // Spec 2.3
  blameUnless('OPENING_MISMATCH', peers, (peer) =>
    equalBytes(
      dealCommitment(session, group, peer, of(opened.broadcast, peer)),
      of(committed.broadcast, peer).commitment,
    ),
  );
  // Spec 2.4
  blameUnless('CONSTANT_MISMATCH', peers, (peer) =>
    of(opened.broadcast, peer).constant.equals(constantOf(peer)),
  );
  // Spec 3.1
  const echoed = yield* exchange(session, DEAL_ROUNDS.echo, {
    broadcast: { echo: opened.echo },
    direct: () => NOTHING,
  });
  // Spec 3.2
  requireEchoes(session, echoed.broadcast, opened.echo);
  return new Map(
    parties.map((party) => {
      const { constant, coefficients } = party === me ? own : of(opened.broadcast, party);
      return [party, [constant, ...coefficients]] as const;
    }),
  );
}

/**
 * Rounds 1 to 4. Every party of the session deals; `receivers` get shares, the others none.
 * @throws ProtocolAbort
 */
export function* dealTogether<P extends Element<P>>(
  session: Session,
  dealing: Dealing<P>,
): Protocol<Dealt<P>> {
  const { group, threshold, receivers, constant, random } = dealing;
  const { me, parties, peers } = session;
  const { polynomial, opening } = drawDealing(group, threshold, constant, random);
  const dealings = yield* openDealings(session, dealing, opening);
  // Spec 4.1
  const dealt = yield* exchange(session, DEAL_ROUNDS.deal(group), {
    broadcast: NOTHING,
    direct: (peer) => ({
      share: receivers.includes(peer) ? evaluate(group, polynomial, peer) : 0n,
    }),
  });
  // Spec 4.2
  const receives = receivers.includes(me);
  const shareOf = (peer: PartyId): Scalar => of(dealt.direct, peer).share;
  blameUnless('SHARE_MISMATCH', peers, (peer) =>
    receives
      ? group.multiplyBase(shareOf(peer)).equals(evaluatePublic(group, of(dealings, peer), me))
      : shareOf(peer) === 0n,
  );
  // Spec 4.3
  const own = receives ? evaluate(group, polynomial, me) : 0n;
  return {
    share: peers.reduce((sum, peer) => reduce(group, sum + shareOf(peer)), own),
    coefficients: Array.from({ length: threshold }, (_, k) =>
      parties.reduce((sum, party) => sum.add(of(dealings, party)[k] as P), group.identity),
    ),
  };
}

/** Round 5: nobody has a new share before everybody says that it has the same new key. */
export function* confirmDealing(session: Session, outcome: readonly Part[]): Protocol<void> {
  // Spec 5.1
  const confirmation = digest(`${session.protocol}/confirmation`, session.id, [...outcome]);
  const confirmed = yield* exchange(session, DEAL_ROUNDS.confirm, {
    broadcast: { confirmation },
    direct: () => NOTHING,
  });
  // Spec 5.2
  const views = session.peers.map((peer) => of(confirmed.broadcast, peer).confirmation);
  requireConsistent(
    'CONFIRMATION_MISMATCH',
    views.every((view) => equalBytes(view, confirmation)),
  );
}
