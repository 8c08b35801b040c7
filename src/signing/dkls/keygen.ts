/**
 * Distributed key generation: Feldman's verifiable secret sharing from every party, committed before
 * it is revealed, with a proof of knowledge of each constant term. The steps are numbered in
 * docs/protocols/keygen.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import {
  type Point,
  type Scalar,
  encodePoint,
  encodePoints,
  encodeScalar,
  evaluateInExponent,
  evaluatePolynomial,
  mod,
  multiplyBase,
  randomScalar,
  sumPoints,
} from '#signing/curve.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  blameUnless,
  requireConsistent,
  requireParties,
} from '#signing/kernel.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { NOTHING, type Session, exchange, of, openSession } from '#signing/session.ts';
import { DIGEST_BYTES, digest } from '#signing/transcript.ts';
import { type Values, bytes, point, points, scalar } from '#signing/wire.ts';
import { prove, verifyProof } from './proof.ts';

export type KeygenParameters = {
  readonly me: PartyId;
  readonly parties: readonly PartyId[];
  /** How many parties sign together: 2 <= threshold <= the number of parties. */
  readonly threshold: number;
  /** Binds the session: protocol version, committee, key, organisation, epoch, purpose. */
  readonly context: Bytes;
  readonly random: Random;
};

const SALT_BYTES = 32;

/** The rounds after round 0; the opening's size depends on the threshold. */
export const KEYGEN_ROUNDS = {
  commit: { number: 1, broadcast: { commitment: bytes(DIGEST_BYTES) }, direct: NOTHING },
  open: (threshold: number) =>
    ({
      number: 2,
      broadcast: {
        coefficients: points(threshold),
        proofCommitment: point,
        proofResponse: scalar,
        chainNonce: bytes(32),
        salt: bytes(SALT_BYTES),
        echo: bytes(DIGEST_BYTES),
      },
      direct: NOTHING,
    }) as const,
  echo: { number: 3, broadcast: { echo: bytes(DIGEST_BYTES) }, direct: NOTHING },
  deal: { number: 4, broadcast: NOTHING, direct: { share: scalar } },
  confirm: { number: 5, broadcast: { confirmation: bytes(DIGEST_BYTES) }, direct: NOTHING },
} as const;

type OpenLayout = ReturnType<typeof KEYGEN_ROUNDS.open>['broadcast'];
/** What a party commits to and opens. */
export type Opening = Omit<Values<OpenLayout>, 'echo'>;

const proofBinding = (session: Session, prover: PartyId) => ['keygen', session.id, prover] as const;

/** The hash that fixes an opening before anybody has seen another one. */
export const commitmentTo = (session: Session, party: PartyId, opening: Opening): Bytes =>
  digest(
    'keygen/commitment',
    session.id,
    party,
    encodePoints(opening.coefficients),
    encodePoint(opening.proofCommitment),
    encodeScalar(opening.proofResponse),
    opening.chainNonce,
    opening.salt,
  );

/** Spec 1.1-1.3: a random polynomial, its commitments, and the proof for its constant term. */
export function drawPolynomial(session: Session, threshold: number, random: Random) {
  const polynomial = Array.from({ length: threshold }, () => randomScalar(random));
  const coefficients = polynomial.map(multiplyBase);
  const proof = prove(
    proofBinding(session, session.me),
    polynomial[0] as Scalar,
    coefficients[0] as Point,
    random,
  );
  const opening: Opening = {
    coefficients,
    proofCommitment: proof.commitment,
    proofResponse: proof.response,
    chainNonce: random(32),
    salt: random(SALT_BYTES),
  };
  return { polynomial, opening };
}

function requireThreshold(threshold: number, parties: readonly PartyId[]): void {
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > parties.length) {
    throw new ProtocolAbort('benign', 'THRESHOLD');
  }
}

/** Rounds 1 and 2: everybody commits, everybody opens; the checked openings, the own one included. */
function* openPolynomials(session: Session, threshold: number, random: Random) {
  const { me, parties, peers } = session;
  const { polynomial, opening } = drawPolynomial(session, threshold, random);
  // Spec 1.4
  const commitment = commitmentTo(session, me, opening);
  const committed = yield* exchange(session, KEYGEN_ROUNDS.commit, {
    broadcast: { commitment },
    direct: () => NOTHING,
  });
  // Spec 2.1
  const opened = yield* exchange(session, KEYGEN_ROUNDS.open(threshold), {
    broadcast: { ...opening, echo: committed.echo },
    direct: () => NOTHING,
  });
  // Spec 2.2
  const echoes = peers.map((peer) => of(opened.broadcast, peer).echo);
  requireConsistent(
    'ECHO_MISMATCH',
    echoes.every((echo) => equalBytes(echo, committed.echo)),
  );
  // Spec 2.3
  blameUnless('OPENING_MISMATCH', peers, (peer) =>
    equalBytes(
      commitmentTo(session, peer, of(opened.broadcast, peer)),
      of(committed.broadcast, peer).commitment,
    ),
  );
  // Spec 2.4
  blameUnless('PROOF_OF_KNOWLEDGE', peers, (peer) => {
    const { coefficients, proofCommitment, proofResponse } = of(opened.broadcast, peer);
    return verifyProof(proofBinding(session, peer), coefficients[0] as Point, {
      commitment: proofCommitment,
      response: proofResponse,
    });
  });
  const openings = new Map<PartyId, Opening>(
    parties.map((party) => [party, party === me ? opening : of(opened.broadcast, party)]),
  );
  return { polynomial, openings, echo: opened.echo };
}

/** The sum of everybody's polynomials in the exponent, constant term first. */
function sumCoefficients(openings: ReadonlyMap<PartyId, Opening>, threshold: number): Point[] {
  const all = [...openings.values()];
  return Array.from({ length: threshold }, (_, k) =>
    sumPoints(all.map((opening) => opening.coefficients[k] as Point)),
  );
}

/** Rounds 3 and 4: nobody deals before all have seen the same openings; the own share of the key. */
function* dealShares(
  session: Session,
  polynomial: readonly Scalar[],
  openings: ReadonlyMap<PartyId, Opening>,
  echo: Bytes,
): Protocol<Scalar> {
  const { me, peers } = session;
  // Spec 3.1
  const echoed = yield* exchange(session, KEYGEN_ROUNDS.echo, {
    broadcast: { echo },
    direct: () => NOTHING,
  });
  // Spec 3.2
  const echoes = peers.map((peer) => of(echoed.broadcast, peer).echo);
  requireConsistent(
    'ECHO_MISMATCH',
    echoes.every((other) => equalBytes(other, echo)),
  );
  // Spec 4.1
  const dealt = yield* exchange(session, KEYGEN_ROUNDS.deal, {
    broadcast: NOTHING,
    direct: (peer) => ({ share: evaluatePolynomial(polynomial, peer) }),
  });
  // Spec 4.2
  blameUnless('SHARE_MISMATCH', peers, (peer) =>
    multiplyBase(of(dealt.direct, peer).share).equals(
      evaluateInExponent(of(openings, peer).coefficients, me),
    ),
  );
  // Spec 4.3
  return peers.reduce(
    (sum, peer) => mod(sum + of(dealt.direct, peer).share),
    evaluatePolynomial(polynomial, me),
  );
}

/** Round 5: nobody has a key before everybody says that it has the same one. */
function* confirm(session: Session, share: KeyShare): Protocol<KeyShare> {
  // Spec 5.1
  const confirmation = digest(
    'keygen/confirmation',
    session.id,
    share.threshold,
    share.publicKey,
    [...share.verifyingShares.values()],
    share.chainCode,
  );
  const confirmed = yield* exchange(session, KEYGEN_ROUNDS.confirm, {
    broadcast: { confirmation },
    direct: () => NOTHING,
  });
  // Spec 5.2
  const views = session.peers.map((peer) => of(confirmed.broadcast, peer).confirmation);
  requireConsistent(
    'CONFIRMATION_MISMATCH',
    views.every((view) => equalBytes(view, confirmation)),
  );
  return share;
}

/**
 * One party's part. Everybody ends with the same public key, verifying shares and chain code, or
 * the party that does not see so ends without an output.
 * @throws ProtocolAbort
 */
export function* keygen(p: KeygenParameters): Protocol<KeyShare> {
  const { me, threshold, random } = p;
  requireParties(me, p.parties);
  requireThreshold(threshold, p.parties);
  // Spec 0.1-0.3
  const session = yield* openSession({ ...p, protocol: 'keygen', purpose: [threshold] });
  const { parties } = session;
  const { polynomial, openings, echo } = yield* openPolynomials(session, threshold, random);
  const secret = yield* dealShares(session, polynomial, openings, echo);
  const group = sumCoefficients(openings, threshold);
  const shares = parties.map((party) => evaluateInExponent(group, party));
  // Spec 4.4
  requireConsistent('IDENTITY_KEY', ![group[0] as Point, ...shares].some((one) => one.is0()));
  return yield* confirm(session, {
    party: me,
    parties,
    threshold,
    secret,
    publicKey: encodePoint(group[0] as Point),
    verifyingShares: new Map(parties.map((party, at) => [party, encodePoint(shares[at] as Point)])),
    // Spec 4.5
    chainCode: digest(
      'keygen/chain-code',
      session.id,
      parties.map((party) => of(openings, party).chainNonce),
    ),
  });
}
