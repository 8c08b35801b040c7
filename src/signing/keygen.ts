/**
 * Distributed key generation, of every scheme: Feldman's verifiable secret sharing from every party,
 * committed before it is revealed, with a proof of knowledge of each constant term, echoes and a
 * confirmation. The steps are numbered in docs/protocols/keygen.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  blameUnless,
  requireConsistent,
} from './kernel.ts';
import type { KeyShare } from './key-share.ts';
import { groupPoint, groupPoints, groupScalar } from './prime-group-wire.ts';
import {
  ED25519,
  type Element,
  type PrimeGroup,
  SECP256K1,
  type Scalar,
  evaluate,
  evaluatePublic,
  randomScalar,
  reduce,
} from './prime-group.ts';
import { prove, verifyProof } from './proof.ts';
import { NOTHING, type Session, exchange, of, openSession } from './session.ts';
import { DIGEST_BYTES, digest } from './transcript.ts';
import { type Values, bytes } from './wire.ts';

export type KeygenParameters = {
  readonly scheme: Scheme;
  readonly me: PartyId;
  readonly parties: readonly PartyId[];
  /** How many parties sign together: 2 <= threshold <= the number of parties. */
  readonly threshold: number;
  /** Binds the session: protocol version, committee, key, organisation, epoch, purpose. */
  readonly context: Bytes;
  readonly random: Random;
};

const SALT_BYTES = 32;
const CHAIN_NONCE_BYTES = 32;

/** The rounds after round 0; the opening's size depends on the group and the threshold. */
export const keygenRounds = <P extends Element<P>>(group: PrimeGroup<P>, threshold: number) =>
  ({
    commit: { number: 1, broadcast: { commitment: bytes(DIGEST_BYTES) }, direct: NOTHING },
    open: {
      number: 2,
      broadcast: {
        coefficients: groupPoints(group, threshold),
        proofCommitment: groupPoint(group),
        proofResponse: groupScalar(group),
        chainNonce: bytes(CHAIN_NONCE_BYTES),
        salt: bytes(SALT_BYTES),
        echo: bytes(DIGEST_BYTES),
      },
      direct: NOTHING,
    },
    echo: { number: 3, broadcast: { echo: bytes(DIGEST_BYTES) }, direct: NOTHING },
    deal: { number: 4, broadcast: NOTHING, direct: { share: groupScalar(group) } },
    confirm: { number: 5, broadcast: { confirmation: bytes(DIGEST_BYTES) }, direct: NOTHING },
  }) as const;

type Rounds<P extends Element<P>> = ReturnType<typeof keygenRounds<P>>;
/** What a party commits to and opens. */
export type Opening<P extends Element<P>> = Omit<Values<Rounds<P>['open']['broadcast']>, 'echo'>;

/** What the parties of one ceremony share. */
export type Ceremony<P extends Element<P>> = {
  readonly session: Session;
  readonly group: PrimeGroup<P>;
  readonly threshold: number;
  readonly rounds: Rounds<P>;
};

/** The hash that fixes an opening before anybody has seen another one. */
export const commitmentTo = <P extends Element<P>>(
  { session, group }: Ceremony<P>,
  party: PartyId,
  opening: Opening<P>,
): Bytes =>
  digest(
    'keygen/commitment',
    session.id,
    party,
    opening.coefficients.map((point) => group.encodePoint(point)),
    group.encodePoint(opening.proofCommitment),
    group.encodeScalar(opening.proofResponse),
    opening.chainNonce,
    opening.salt,
  );

const proofBinding = (session: Session, prover: PartyId) => ['keygen', session.id, prover] as const;

/** Spec 1.1-1.3: a random polynomial, its commitments, and the proof for its constant term. */
export function drawPolynomial<P extends Element<P>>(ceremony: Ceremony<P>, random: Random) {
  const { group, session, threshold } = ceremony;
  const polynomial = Array.from({ length: threshold }, () => randomScalar(group, random));
  const coefficients = polynomial.map((term) => group.multiplyBase(term));
  const proof = prove(
    group,
    proofBinding(session, session.me),
    polynomial[0] as Scalar,
    coefficients[0] as P,
    random,
  );
  const opening: Opening<P> = {
    coefficients,
    proofCommitment: proof.commitment,
    proofResponse: proof.response,
    chainNonce: random(CHAIN_NONCE_BYTES),
    salt: random(SALT_BYTES),
  };
  return { polynomial, opening };
}

/** Rounds 1 and 2: everybody commits, everybody opens; the checked openings, the own one included. */
function* openPolynomials<P extends Element<P>>(ceremony: Ceremony<P>, random: Random) {
  const { session, group, rounds } = ceremony;
  const { me, parties, peers } = session;
  const { polynomial, opening } = drawPolynomial(ceremony, random);
  // Spec 1.4
  const committed = yield* exchange(session, rounds.commit, {
    broadcast: { commitment: commitmentTo(ceremony, me, opening) },
    direct: () => NOTHING,
  });
  // Spec 2.1
  const opened = yield* exchange(session, rounds.open, {
    broadcast: { ...opening, echo: committed.echo },
    direct: () => NOTHING,
  });
  // Spec 2.2
  requireSameEcho(peers, (peer) => of(opened.broadcast, peer).echo, committed.echo);
  // Spec 2.3
  blameUnless('OPENING_MISMATCH', peers, (peer) =>
    equalBytes(
      commitmentTo(ceremony, peer, of(opened.broadcast, peer)),
      of(committed.broadcast, peer).commitment,
    ),
  );
  // Spec 2.4
  blameUnless('PROOF_OF_KNOWLEDGE', peers, (peer) => {
    const { coefficients, proofCommitment, proofResponse } = of(opened.broadcast, peer);
    return verifyProof(group, proofBinding(session, peer), coefficients[0] as P, {
      commitment: proofCommitment,
      response: proofResponse,
    });
  });
  const openings = new Map<PartyId, Opening<P>>(
    parties.map((party) => [party, party === me ? opening : of(opened.broadcast, party)]),
  );
  return { polynomial, openings, echo: opened.echo };
}

const requireSameEcho = (
  peers: readonly PartyId[],
  echoOf: (peer: PartyId) => Bytes,
  own: Bytes,
): void =>
  requireConsistent(
    'ECHO_MISMATCH',
    peers.every((peer) => equalBytes(echoOf(peer), own)),
  );

/** Rounds 3 and 4: nobody deals before all have seen the same openings; the own share of the key. */
function* dealShares<P extends Element<P>>(
  { session, group, rounds }: Ceremony<P>,
  polynomial: readonly Scalar[],
  openings: ReadonlyMap<PartyId, Opening<P>>,
  echo: Bytes,
): Protocol<Scalar> {
  const { me, peers } = session;
  // Spec 3.1
  const echoed = yield* exchange(session, rounds.echo, {
    broadcast: { echo },
    direct: () => NOTHING,
  });
  // Spec 3.2
  requireSameEcho(peers, (peer) => of(echoed.broadcast, peer).echo, echo);
  // Spec 4.1
  const dealt = yield* exchange(session, rounds.deal, {
    broadcast: NOTHING,
    direct: (peer) => ({ share: evaluate(group, polynomial, peer) }),
  });
  // Spec 4.2
  blameUnless('SHARE_MISMATCH', peers, (peer) =>
    group
      .multiplyBase(of(dealt.direct, peer).share)
      .equals(evaluatePublic(group, of(openings, peer).coefficients, me)),
  );
  // Spec 4.3
  return peers.reduce(
    (sum, peer) => reduce(group, sum + of(dealt.direct, peer).share),
    evaluate(group, polynomial, me),
  );
}

/** Round 5: nobody has a key before everybody says that it has the same one. */
function* confirm<P extends Element<P>>(
  { session, rounds }: Ceremony<P>,
  share: KeyShare,
): Protocol<KeyShare> {
  // Spec 5.1
  const confirmation = digest(
    'keygen/confirmation',
    session.id,
    share.threshold,
    share.publicKey,
    [...share.verifyingShares.values()],
    share.chainCode,
  );
  const confirmed = yield* exchange(session, rounds.confirm, {
    broadcast: { confirmation },
    direct: () => NOTHING,
  });
  // Spec 5.2
  requireConsistent(
    'CONFIRMATION_MISMATCH',
    session.peers.every((peer) =>
      equalBytes(of(confirmed.broadcast, peer).confirmation, confirmation),
    ),
  );
  return share;
}

/** The sum of everybody's polynomials in the exponent, constant term first. */
function sumCoefficients<P extends Element<P>>(
  { group, threshold }: Ceremony<P>,
  openings: ReadonlyMap<PartyId, Opening<P>>,
): readonly P[] {
  return Array.from({ length: threshold }, (_, k) =>
    [...openings.values()].reduce(
      (sum, opening) => sum.add(opening.coefficients[k] as P),
      group.identity,
    ),
  );
}

function* run<P extends Element<P>>(p: KeygenParameters, group: PrimeGroup<P>): Protocol<KeyShare> {
  const { me, scheme, threshold, random } = p;
  // Spec 0.2-0.3
  const session = yield* openSession({
    ...p,
    protocol: 'keygen',
    purpose: [scheme, threshold],
  });
  const ceremony = { session, group, threshold, rounds: keygenRounds(group, threshold) };
  const { polynomial, openings, echo } = yield* openPolynomials(ceremony, random);
  const secret = yield* dealShares(ceremony, polynomial, openings, echo);
  const sums = sumCoefficients(ceremony, openings);
  const { parties } = session;
  const shares = parties.map((party) => evaluatePublic(group, sums, party));
  // Spec 4.4
  const points = [sums[0] as P, ...shares];
  requireConsistent('IDENTITY_KEY', !points.some((point) => point.is0()));
  return yield* confirm(ceremony, {
    party: me,
    parties,
    threshold,
    secret,
    publicKey: group.encodePoint(sums[0] as P),
    verifyingShares: new Map(
      parties.map((party, at) => [party, group.encodePoint(shares[at] as P)]),
    ),
    // Spec 4.5
    chainCode: digest(
      'keygen/chain-code',
      session.id,
      parties.map((party) => of(openings, party).chainNonce),
    ),
  });
}

/**
 * One party's part. Everybody ends with the same public key, verifying shares and chain code, or
 * the party that does not see so ends without an output.
 * @throws ProtocolAbort
 */
export function* keygen(p: KeygenParameters): Protocol<KeyShare> {
  // Spec 0.1
  if (!Number.isInteger(p.threshold) || p.threshold < 2 || p.threshold > p.parties.length) {
    throw new ProtocolAbort('benign', 'THRESHOLD');
  }
  return yield* p.scheme === 'frost-ed25519' ? run(p, ED25519) : run(p, SECP256K1);
}
