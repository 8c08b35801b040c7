/**
 * The part of a signature that does not depend on the message (Doerner, Kondi, Lee, shelat, "Threshold
 * ECDSA in Three Rounds", IACR eprint 2023/765, Protocol 3.6 without its last round). The steps are
 * numbered in docs/protocols/sign.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import {
  type Point,
  type Scalar,
  encodePoint,
  encodeScalar,
  lagrange,
  mod,
  multiply,
  multiplyBase,
  multiplyPublic,
  parseInteger,
  randomScalar,
  sumPoints,
} from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  blameUnless,
  requireConsistent,
  requireParties,
} from '#signing/kernel.ts';
import type { PairSecrets } from '#signing/pair-secrets.ts';
import {
  NOTHING,
  type Session,
  exchange,
  hedgedRandom,
  of,
  openSession,
} from '#signing/session.ts';
import { DIGEST_BYTES, digest, hashToScalar } from '#signing/transcript.ts';
import { type Values, bytes, point, scalar, scalars } from '#signing/wire.ts';
import {
  type BobState,
  CHECKS,
  CORRECTIONS,
  type Shares,
  acceptRequest,
  beginAsBob,
  finishAsBob,
  multiplyAsAlice,
} from './multiplication.ts';
import { type Request, REQUEST_SIZES } from './ot-extension.ts';

/**
 * One unused nonce, shared among a set of signers. It signs one message at most: with two messages, or
 * two re-randomisations, the shares that leave this party give the key away.
 */
export type Presignature = {
  /** 32 bytes, the id of the session that made it; equal for all signers. */
  readonly id: Bytes;
  readonly party: PartyId;
  readonly signers: readonly PartyId[];
  /** 33 bytes. */
  readonly publicKey: Bytes;
  /** R = k G before re-randomisation. */
  readonly nonce: Point;
  /** This party's own share of the mask phi - not M, the sum that u and v are made with. */
  readonly phi: Scalar;
  /** Share of k phi. */
  readonly u: Scalar;
  /** Share of sk phi. */
  readonly v: Scalar;
};

export type PresignParameters = {
  readonly me: PartyId;
  /** At least `threshold` of the share's parties, ascending. */
  readonly signers: readonly PartyId[];
  readonly share: KeyShare;
  readonly pairs: ReadonlyMap<PartyId, PairSecrets>;
  /** Binds the session: protocol version, committee, key, organisation, epoch, purpose. */
  readonly context: Bytes;
  readonly random: Random;
};

const SALT_BYTES = 32;
/** Of the presignatures that one session makes, which one: today a session makes one. */
const BATCH = 0;
/** Bytes of the weight that folds two checks into one: a wrong pair passes with chance 2^-128. */
const WEIGHT_BYTES = 16;

/** The rounds after round 0. */
export const PRESIGN_ROUNDS = {
  commit: {
    number: 1,
    broadcast: { commitment: bytes(DIGEST_BYTES) },
    direct: {
      pairId: bytes(DIGEST_BYTES),
      matrix: bytes(REQUEST_SIZES.matrix),
      choiceHash: bytes(REQUEST_SIZES.choiceHash),
      columnHashes: bytes(REQUEST_SIZES.columnHashes),
    },
  },
  multiply: {
    number: 2,
    broadcast: NOTHING,
    direct: {
      echo: bytes(DIGEST_BYTES),
      nonce: point,
      salt: bytes(SALT_BYTES),
      key: point,
      gammaU: point,
      gammaV: point,
      psi: scalar,
      corrections: scalars(CORRECTIONS),
      checks: scalars(CHECKS),
      checkDigest: bytes(DIGEST_BYTES),
    },
  },
} as const;

type Answers = ReadonlyMap<PartyId, Values<typeof PRESIGN_ROUNDS.multiply.direct>>;

/** @throws ProtocolAbort `benign` `PARTY_SET` or `PAIR_MISSING`: nothing was sent */
function requireSigners(p: PresignParameters): void {
  const { me, signers, share, pairs } = p;
  requireParties(me, signers);
  const members = signers.every((signer) => share.parties.includes(signer));
  if (share.party !== me || signers.length < share.threshold || !members) {
    throw new ProtocolAbort('benign', 'PARTY_SET');
  }
  const absent = signers.filter((signer) => {
    const pair = pairs.get(signer);
    return signer !== me && (pair?.party !== me || pair.peer !== signer);
  });
  if (absent.length > 0) throw new ProtocolAbort('benign', 'PAIR_MISSING', absent);
}

/** The session of one multiplication: it names the pair's epoch, the direction and the batch. */
export const multiplicationSession = (session: Session, pair: PairSecrets, bob: PartyId): Bytes => {
  const alice = bob === pair.party ? pair.peer : pair.party;
  return digest('presign/multiplication', session.id, BATCH, pair.pairId, alice, bob);
};

/** Fixes a nonce before anybody has seen another one. */
export const nonceCommitment = (
  session: Session,
  party: PartyId,
  nonce: Point,
  salt: Bytes,
): Bytes => digest('presign/nonce', session.id, party, encodePoint(nonce), salt);

/** Spec 2.4: the pairwise parts cancel in the sum over all signers. */
function zeroShare(session: Session, pairs: ReadonlyMap<PartyId, PairSecrets>): Scalar {
  return session.peers.reduce((sum, peer) => {
    const { zeroSeed, pairId } = of(pairs, peer);
    const part = hashToScalar('presign/zero-share', session.id, pairId, zeroSeed);
    return mod(session.me < peer ? sum + part : sum - part);
  }, 0n);
}

/** What this party draws for the session before it has heard anything secret. */
type Draw = {
  readonly nonceSecret: Scalar;
  readonly nonce: Point;
  readonly phi: Scalar;
  readonly salt: Bytes;
  readonly bob: ReadonlyMap<PartyId, { readonly request: Request; readonly state: BobState }>;
};

/** Spec 1.1-1.5 */
function draw(session: Session, p: PresignParameters): Draw {
  const nonceSecret = randomScalar(p.random);
  return {
    nonceSecret,
    nonce: multiplyBase(nonceSecret),
    phi: randomScalar(p.random),
    salt: p.random(SALT_BYTES),
    bob: new Map(
      session.peers.map((peer) => {
        const pair = of(p.pairs, peer);
        const id = multiplicationSession(session, pair, session.me);
        return [peer, beginAsBob(pair.asReceiver.seeds, id, p.random)];
      }),
    ),
  };
}

/** Round 1: commitments to the nonces, and Bob's requests; Alice's rows for each peer. */
function* commit(session: Session, p: PresignParameters, mine: Draw) {
  const { me, peers } = session;
  // Spec 1.6
  const heard = yield* exchange(session, PRESIGN_ROUNDS.commit, {
    broadcast: { commitment: nonceCommitment(session, me, mine.nonce, mine.salt) },
    direct: (peer) => ({ pairId: of(p.pairs, peer).pairId, ...of(mine.bob, peer).request }),
  });
  // Spec 2.1: another epoch of the pair is nobody's fault, and its request must not be looked at.
  const stale = peers.filter(
    (peer) => !equalBytes(of(heard.direct, peer).pairId, of(p.pairs, peer).pairId),
  );
  if (stale.length > 0) throw new ProtocolAbort('benign', 'PAIR_EPOCH', stale);
  // Spec 2.2-2.3: all requests are checked before anything of round 2 is computed.
  const rows = new Map<PartyId, Bytes>();
  blameUnless('TRANSFER_CHECK', peers, (peer) => {
    const pair = of(p.pairs, peer);
    const id = multiplicationSession(session, pair, peer);
    const granted = acceptRequest(pair.asSender, id, of(heard.direct, peer));
    if (granted !== undefined) rows.set(peer, granted);
    return granted !== undefined;
  });
  return { rows, echo: heard.echo, commitments: heard.broadcast };
}

/** Round 2: Alice's answers. What she keeps: her own shares, and everybody's answers. */
function* answer(
  session: Session,
  p: PresignParameters,
  mine: Draw,
  heard: { readonly rows: ReadonlyMap<PartyId, Bytes>; readonly echo: Bytes },
) {
  // Spec 2.4
  const weight = lagrange(session.me, session.parties);
  const keySecret = mod(weight * p.share.secret + zeroShare(session, p.pairs));
  const key = multiplyBase(keySecret);
  // Spec 2.5
  const results = new Map(
    session.peers.map((peer) => {
      const pair = of(p.pairs, peer);
      const result = multiplyAsAlice({
        delta: pair.asSender.delta,
        rows: of(heard.rows, peer),
        session: multiplicationSession(session, pair, peer),
        inputs: [mine.nonceSecret, keySecret],
        random: p.random,
      });
      return [peer, result];
    }),
  );
  // Spec 2.6
  const answers = yield* exchange(session, PRESIGN_ROUNDS.multiply, {
    broadcast: NOTHING,
    direct: (peer) => {
      const { answer, shares } = of(results, peer);
      return {
        echo: heard.echo,
        nonce: mine.nonce,
        salt: mine.salt,
        key,
        gammaU: multiplyBase(shares[0]),
        gammaV: multiplyBase(shares[1]),
        psi: mod(mine.phi - of(mine.bob, peer).state.chi),
        ...answer,
      };
    },
  });
  const aliceShares = new Map([...results].map(([peer, result]) => [peer, result.shares]));
  return { keySecret, key, aliceShares, answers: answers.direct };
}

/**
 * Spec 3.4: chi R_j = d_u G + Gamma_u and chi pk_j = d_v G + Gamma_v, folded into one equation by a
 * random weight that the peer does not know.
 */
function pointsHold(
  chi: Scalar,
  shares: Shares,
  heard: Values<typeof PRESIGN_ROUNDS.multiply.direct>,
  random: Random,
): boolean {
  const weight = parseInteger(random(WEIGHT_BYTES)) + 1n;
  const inputs = heard.nonce.add(multiplyPublic(heard.key, weight));
  const gammas = heard.gammaU.add(multiplyPublic(heard.gammaV, weight));
  const own = multiplyBase(mod(shares[0] + weight * shares[1]));
  return multiply(inputs, chi).equals(own.add(gammas));
}

/** Spec 3.1-3.5: every check on the answers; Bob's shares of each product. */
function checkAnswers(
  session: Session,
  p: PresignParameters,
  mine: Draw,
  committed: {
    readonly echo: Bytes;
    readonly commitments: ReadonlyMap<PartyId, { readonly commitment: Bytes }>;
  },
  answered: { readonly key: Point; readonly answers: Answers },
): ReadonlyMap<PartyId, Shares> {
  const { peers } = session;
  const from = (peer: PartyId) => of(answered.answers, peer);
  // Spec 3.1
  requireConsistent(
    'ECHO_MISMATCH',
    peers.every((peer) => equalBytes(from(peer).echo, committed.echo)),
  );
  // Spec 3.2
  blameUnless('OPENING_MISMATCH', peers, (peer) =>
    equalBytes(
      nonceCommitment(session, peer, from(peer).nonce, from(peer).salt),
      of(committed.commitments, peer).commitment,
    ),
  );
  // Spec 3.3
  const shares = new Map<PartyId, Shares>();
  blameUnless('MULTIPLICATION_CHECK', peers, (peer) => {
    const result = finishAsBob(of(mine.bob, peer).state, from(peer));
    if (result !== undefined) shares.set(peer, result);
    return result !== undefined;
  });
  // Spec 3.4
  blameUnless('POINT_CHECK', peers, (peer) =>
    pointsHold(of(mine.bob, peer).state.chi, of(shares, peer), from(peer), p.random),
  );
  // Spec 3.5
  const keys = sumPoints([answered.key, ...peers.map((peer) => from(peer).key)]);
  requireConsistent('KEY_SUM', equalBytes(encodePoint(keys), p.share.publicKey));
  return shares;
}

/** Spec 3.6: R, the sum of all nonces. @throws ProtocolAbort `inconsistent` `NONCE_IDENTITY` */
export function sumNonces(nonces: readonly Point[]): Point {
  const nonce = sumPoints(nonces);
  requireConsistent('NONCE_IDENTITY', !nonce.is0());
  return nonce;
}

/**
 * One party's part: a presignature for this set of signers. All of them hold one with the same id.
 * @throws ProtocolAbort
 */
export function* presign(parameters: PresignParameters): Protocol<Presignature> {
  requireSigners(parameters);
  const { share, signers } = parameters;
  // Spec 0.1-0.3
  const purpose = [share.publicKey, share.threshold];
  const opening = { ...parameters, parties: signers, purpose };
  const session = yield* openSession({ ...opening, protocol: 'presign' });
  const { me, peers } = session;
  // Spec 0.4
  const secret = encodeScalar(share.secret);
  const p = { ...parameters, random: hedgedRandom(session, secret, parameters.random) };
  const mine = draw(session, p);
  const committed = yield* commit(session, p, mine);
  const answered = yield* answer(session, p, mine, committed);
  const bobShares = checkAnswers(session, p, mine, committed, answered);
  const from = (peer: PartyId) => of(answered.answers, peer);
  // Spec 3.6
  const nonce = sumNonces([mine.nonce, ...peers.map((peer) => from(peer).nonce)]);
  // Spec 3.7
  const mask = peers.reduce((sum, peer) => mod(sum + from(peer).psi), mine.phi);
  const sumOf = (k: 0 | 1, own: Scalar): Scalar =>
    peers.reduce(
      (sum, peer) => mod(sum + of(answered.aliceShares, peer)[k] + of(bobShares, peer)[k]),
      mod(own * mask),
    );
  // Spec 3.8
  return {
    id: session.id,
    party: me,
    signers: session.parties,
    publicKey: share.publicKey,
    nonce,
    phi: mine.phi,
    u: sumOf(0, mine.nonceSecret),
    v: sumOf(1, answered.keySecret),
  };
}
