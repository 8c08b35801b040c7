/**
 * The set-up of all pairs of a committee for one epoch: base oblivious transfers in both directions and
 * a common seed of zero shares, between every two parties at once. It does not depend on any key, so
 * that a new wallet costs none of it. The steps are numbered in docs/protocols/pairs.md.
 */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import {
  type Point,
  type Scalar,
  encodePoints,
  multiplyBase,
  randomScalar,
} from '#signing/curve.ts';
import { type PartyId, type Protocol, type Random, blameUnless } from '#signing/kernel.ts';
import {
  BASE_TRANSFERS,
  DELTA_BYTES,
  type PairSecrets,
  SEED_BYTES,
} from '#signing/pair-secrets.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { type Proof, prove, verifyProof } from '#signing/proof.ts';
import {
  NOTHING,
  type Session,
  exchange,
  of,
  openSession,
  hedgedRandom,
} from '#signing/session.ts';
import { DIGEST_BYTES, digest } from '#signing/transcript.ts';
import { type Values, bytes, point, points, scalar } from '#signing/wire.ts';
import {
  type Choice,
  bothPads,
  challenge,
  choose,
  chosenPads,
  open,
  openingsHold,
  respond,
  responsesHold,
  seedsOf,
} from './base-ot.ts';

export type SetUpPairsParameters = {
  readonly me: PartyId;
  /** The whole committee: every pair of it is set up. */
  readonly parties: readonly PartyId[];
  /** Binds the session: protocol version, committee, organisation, epoch, purpose. */
  readonly context: Bytes;
  /** Long-term, and known to this party alone: what is drawn is mixed with it. */
  readonly hedge: Bytes;
  readonly random: Random;
};

const LIST_BYTES = BASE_TRANSFERS * DIGEST_BYTES;

/** The rounds after round 0. Every message goes from one party to one other. */
export const PAIR_ROUNDS = {
  keys: {
    number: 1,
    broadcast: NOTHING,
    direct: {
      senderKey: point,
      proofCommitment: point,
      proofResponse: scalar,
      seedCommitment: bytes(DIGEST_BYTES),
    },
  },
  choices: {
    number: 2,
    broadcast: NOTHING,
    direct: {
      choices: points(BASE_TRANSFERS),
      seedPart: bytes(SEED_BYTES),
      seedSalt: bytes(DIGEST_BYTES),
    },
  },
  challenges: { number: 3, broadcast: NOTHING, direct: { challenges: bytes(LIST_BYTES) } },
  responses: { number: 4, broadcast: NOTHING, direct: { responses: bytes(LIST_BYTES) } },
  openings: {
    number: 5,
    broadcast: NOTHING,
    direct: { zero: bytes(LIST_BYTES), one: bytes(LIST_BYTES) },
  },
  confirm: { number: 6, broadcast: NOTHING, direct: { confirmation: bytes(DIGEST_BYTES) } },
} as const;

type Message<K extends keyof typeof PAIR_ROUNDS> = Values<(typeof PAIR_ROUNDS)[K]['direct']>;

/** What this party draws for one peer before it has heard from him. */
type Draw = {
  readonly secret: Scalar;
  readonly key: Point;
  readonly proof: Proof<Point>;
  readonly delta: Bytes;
  readonly seedPart: Bytes;
  readonly seedSalt: Bytes;
};

/** Names one batch of transfers in every hash of it: session, sender, receiver. */
export const batchId = (session: Session, sender: PartyId, receiver: PartyId): Bytes =>
  digest('pairs/batch', session.id, sender, receiver);

const proofBinding = (session: Session, sender: PartyId, receiver: PartyId) =>
  ['pairs', session.id, sender, receiver] as const;

export const seedCommitment = (
  session: Session,
  from: PartyId,
  to: PartyId,
  part: Bytes,
  salt: Bytes,
) => digest('pairs/seed-commitment', session.id, from, to, part, salt);

/** Spec 1.1-1.3 */
function draw(session: Session, peer: PartyId, random: Random): Draw {
  const secret = randomScalar(random);
  const key = multiplyBase(secret);
  return {
    secret,
    key,
    proof: prove(SECP256K1, proofBinding(session, session.me, peer), secret, key, random),
    delta: random(DELTA_BYTES),
    seedPart: random(SEED_BYTES),
    seedSalt: random(DIGEST_BYTES),
  };
}

/** Round 1: sender keys with their proofs, and commitments to the parts of the zero seeds. */
function* exchangeKeys(session: Session, draws: ReadonlyMap<PartyId, Draw>) {
  const { me, peers } = session;
  // Spec 1.4
  const heard = yield* exchange(session, PAIR_ROUNDS.keys, {
    broadcast: NOTHING,
    direct: (peer) => {
      const { key, proof, seedPart, seedSalt } = of(draws, peer);
      return {
        senderKey: key,
        proofCommitment: proof.commitment,
        proofResponse: proof.response,
        seedCommitment: seedCommitment(session, me, peer, seedPart, seedSalt),
      };
    },
  });
  // Spec 1.5
  blameUnless('PROOF_OF_KNOWLEDGE', peers, (peer) => {
    const { senderKey, proofCommitment, proofResponse } = of(heard.direct, peer);
    return verifyProof(SECP256K1, proofBinding(session, peer, me), senderKey, {
      commitment: proofCommitment,
      response: proofResponse,
    });
  });
  return heard;
}

/** Round 2: the receivers' choices, and the opened parts of the zero seeds. */
function* exchangeChoices(
  session: Session,
  draws: ReadonlyMap<PartyId, Draw>,
  choices: ReadonlyMap<PartyId, Choice>,
  keys: ReadonlyMap<PartyId, Message<'keys'>>,
) {
  const { me, peers } = session;
  // Spec 2.3
  const heard = yield* exchange(session, PAIR_ROUNDS.choices, {
    broadcast: NOTHING,
    direct: (peer) => ({
      choices: of(choices, peer).points,
      seedPart: of(draws, peer).seedPart,
      seedSalt: of(draws, peer).seedSalt,
    }),
  });
  // Spec 2.4
  blameUnless('OPENING_MISMATCH', peers, (peer) => {
    const { seedPart, seedSalt } = of(heard.direct, peer);
    const opened = seedCommitment(session, peer, me, seedPart, seedSalt);
    return equalBytes(opened, of(keys, peer).seedCommitment);
  });
  // Spec 2.5
  blameUnless('REPEATED_CHOICE', peers, (peer) => {
    const encoded = encodePoints(of(heard.direct, peer).choices);
    return new Set(encoded.map((one) => one.join())).size === BASE_TRANSFERS;
  });
  return heard;
}

/** This party's pads with one peer, in both roles. */
type Pads = { readonly both: readonly [Bytes, Bytes]; readonly chosen: Bytes };

/** Rounds 3 to 5: each side shows that it can compute what it should. */
function* verifyTransfers(
  session: Session,
  draws: ReadonlyMap<PartyId, Draw>,
  pads: ReadonlyMap<PartyId, Pads>,
) {
  const { me, peers } = session;
  const sending = (peer: PartyId): Bytes => batchId(session, me, peer);
  const receiving = (peer: PartyId): Bytes => batchId(session, peer, me);
  // Spec 3.2
  const challenged = yield* exchange(session, PAIR_ROUNDS.challenges, {
    broadcast: NOTHING,
    direct: (peer) => ({ challenges: challenge(sending(peer), of(pads, peer).both) }),
  });
  const challengesOf = (peer: PartyId): Bytes => of(challenged.direct, peer).challenges;
  // Spec 4.1
  const answered = yield* exchange(session, PAIR_ROUNDS.responses, {
    broadcast: NOTHING,
    direct: (peer) => {
      const { delta } = of(draws, peer);
      const { chosen } = of(pads, peer);
      return { responses: respond(receiving(peer), delta, chosen, challengesOf(peer)) };
    },
  });
  // Spec 5.1
  blameUnless('TRANSFER_RESPONSE', peers, (peer) =>
    responsesHold(sending(peer), of(pads, peer).both, of(answered.direct, peer).responses),
  );
  // Spec 5.2
  const opened = yield* exchange(session, PAIR_ROUNDS.openings, {
    broadcast: NOTHING,
    direct: (peer) => open(sending(peer), of(pads, peer).both),
  });
  // Spec 6.1
  blameUnless('TRANSFER_OPENING', peers, (peer) =>
    openingsHold(
      receiving(peer),
      of(draws, peer).delta,
      of(pads, peer).chosen,
      challengesOf(peer),
      of(opened.direct, peer),
    ),
  );
  return [challenged, answered, opened];
}

/** The zero seed is the hash of both parts, lower id first; neither side saw the other's in time. */
function zeroSeed(session: Session, peer: PartyId, own: Bytes, theirs: Bytes): Bytes {
  const { me, id } = session;
  const ordered = me < peer ? [me, own, peer, theirs] : [peer, theirs, me, own];
  return digest('pairs/zero-seed', id, ordered);
}

/**
 * One party's part: the secrets that it shares with each peer.
 * @throws ProtocolAbort
 */
export function* setUpPairs(p: SetUpPairsParameters): Protocol<ReadonlyMap<PartyId, PairSecrets>> {
  // Spec 0.1-0.3
  const session = yield* openSession({ ...p, protocol: 'pairs', purpose: [] });
  const { me, peers } = session;
  const perPeer = <T>(make: (peer: PartyId) => T): ReadonlyMap<PartyId, T> =>
    new Map(peers.map((peer) => [peer, make(peer)]));

  const random = hedgedRandom(session, p.hedge, p.random);
  const draws = perPeer((peer) => draw(session, peer, random));
  const keys = yield* exchangeKeys(session, draws);
  const keyOf = (peer: PartyId): Point => of(keys.direct, peer).senderKey;
  const choices = perPeer((peer) => choose(keyOf(peer), of(draws, peer).delta, random));
  const chosen = yield* exchangeChoices(session, draws, choices, keys.direct);
  const pads = perPeer((peer): Pads => {
    const { secret, key } = of(draws, peer);
    return {
      // Spec 2.2
      chosen: chosenPads(batchId(session, peer, me), keyOf(peer), of(choices, peer)),
      // Spec 3.1
      both: bothPads(batchId(session, me, peer), secret, key, of(chosen.direct, peer).choices),
    };
  });
  const verified = yield* verifyTransfers(session, draws, pads);

  // Spec 6.2
  const rounds = [keys, chosen, ...verified];
  const pairIds = perPeer((peer) =>
    digest(
      'pairs/id',
      session.id,
      Math.min(me, peer),
      Math.max(me, peer),
      rounds.map((round) => round.pairEcho(peer)),
    ),
  );
  const confirmation = (peer: PartyId): Bytes => digest('pairs/confirmation', of(pairIds, peer));
  // Spec 6.3
  const confirmed = yield* exchange(session, PAIR_ROUNDS.confirm, {
    broadcast: NOTHING,
    direct: (peer) => ({ confirmation: confirmation(peer) }),
  });
  // Spec 6.4
  blameUnless('CONFIRMATION_MISMATCH', peers, (peer) =>
    equalBytes(of(confirmed.direct, peer).confirmation, confirmation(peer)),
  );
  // Spec 6.5
  return perPeer((peer) => {
    const { delta, seedPart } = of(draws, peer);
    const { both, chosen: chosenPad } = of(pads, peer);
    const sending = batchId(session, me, peer);
    return {
      party: me,
      peer,
      pairId: of(pairIds, peer),
      zeroSeed: zeroSeed(session, peer, seedPart, of(chosen.direct, peer).seedPart),
      asSender: { delta, seeds: seedsOf(batchId(session, peer, me), chosenPad) },
      asReceiver: { seeds: concat(seedsOf(sending, both[0]), seedsOf(sending, both[1])) },
    };
  });
}
