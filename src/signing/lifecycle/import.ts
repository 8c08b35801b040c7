/**
 * Import: a key that existed whole is split by a dealer and refreshed at once, so that what the dealer
 * dealt is stale (the dealer's knowledge of the key remains, and the key's provenance says so). The
 * steps are numbered in docs/protocols/import.md.
 */
import { hash } from 'node:crypto';
import { type Bytes, equalBytes } from '#core/bytes.ts';
import type { Scalar } from '#signing/curve.ts';
import {
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  requireConsistent,
  requireParties,
} from '#signing/kernel.ts';
import { NOTHING, exchange, of, openSession } from '#signing/session.ts';
import { DIGEST_BYTES, digest } from '#signing/transcript.ts';
import { bytes } from '#signing/wire.ts';
import {
  ED25519,
  type Element,
  type PrimeGroup,
  evaluate,
  evaluatePublic,
  randomScalar,
  reduce,
} from '#signing/prime-group.ts';
import { refresh } from './refresh.ts';
import type { Share } from './share.ts';

/** What the dealer tells everybody. */
export type Announcement = {
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  /** A_k for k = 0..threshold-1; A_0 is the public key. */
  readonly coefficients: readonly Bytes[];
  readonly chainCode: Bytes;
};

export type Split = {
  readonly announcement: Announcement;
  /** f(i), for party i alone. */
  readonly shares: ReadonlyMap<PartyId, Scalar>;
};

/** The rounds after round 0. */
export const IMPORT_ROUNDS = {
  accept: { number: 1, broadcast: { acceptance: bytes(DIGEST_BYTES) }, direct: NOTHING },
} as const;

/** Spec D.1-D.3: the dealer's part, in a process that does nothing else. */
export function splitKey<P extends Element<P>>(p: {
  readonly group: PrimeGroup<P>;
  readonly secret: Scalar;
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  readonly chainCode: Bytes;
  readonly random: Random;
}): Split {
  const { group, parties, threshold } = p;
  const rest = Array.from({ length: threshold - 1 }, () => randomScalar(group, p.random));
  const polynomial = [p.secret, ...rest];
  return {
    announcement: {
      parties,
      threshold,
      coefficients: polynomial.map((one) => group.encodePoint(group.multiplyBase(one))),
      chainCode: p.chainCode,
    },
    shares: new Map(parties.map((party) => [party, evaluate(group, polynomial, party)])),
  };
}

/**
 * The scalar that an Ed25519 seed of 32 bytes signs with (RFC 8032 section 5.1.5), reduced modulo L.
 * The second half of the hash, the prefix of deterministic nonces, is not part of the key.
 */
export function ed25519Scalar(seed: Bytes): Scalar {
  const expanded = new Uint8Array(hash('sha512', seed, 'buffer').subarray(0, 32));
  expanded[0] = (expanded[0] as number) & 0b1111_1000;
  expanded[31] = ((expanded[31] as number) & 0b0111_1111) | 0b0100_0000;
  const clamped = BigInt(`0x${Buffer.from(expanded.toReversed()).toString('hex')}`);
  return reduce(ED25519, clamped);
}

export type ImportParameters<P extends Element<P>> = {
  readonly group: PrimeGroup<P>;
  readonly me: PartyId;
  readonly announcement: Announcement;
  /** What the dealer gave to this party. */
  readonly dealt: Scalar;
  /** The key that this party was told to expect. */
  readonly publicKey: Bytes;
  /** Binds the session: protocol version, committee, key, organisation, epoch. */
  readonly context: Bytes;
  readonly random: Random;
};

const benign = (check: string): ProtocolAbort => new ProtocolAbort('benign', check);

/** Spec 0.1-0.4: what a party checks alone. The dealer is no party, so that nobody is blamed. */
function acceptDealt<P extends Element<P>>(p: ImportParameters<P>): Share {
  const { group, me, announcement, dealt, publicKey } = p;
  const { parties, threshold, chainCode } = announcement;
  requireParties(me, parties);
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > parties.length) {
    throw benign('THRESHOLD');
  }
  if (announcement.coefficients.length !== threshold) throw benign('IMPORT_LENGTH');
  const coefficients = announcement.coefficients.map((one) => group.decodePoint(one));
  if (coefficients.some((one) => one === undefined)) throw benign('IMPORT_POINT');
  const known = coefficients as P[];
  if (!equalBytes(group.encodePoint(known[0] as P), publicKey)) throw benign('IMPORT_KEY');
  const at = (party: PartyId): P => evaluatePublic(group, known, party);
  if (!group.multiplyBase(dealt).equals(at(me))) throw benign('IMPORT_SHARE');
  const elements = parties.map((party) => [party, at(party)] as const);
  if (elements.some(([, one]) => one.is0())) throw benign('IMPORT_SHARE');
  const verifyingShares = new Map(elements.map(([party, one]) => [party, group.encodePoint(one)]));
  return { party: me, parties, threshold, secret: dealt, publicKey, verifyingShares, chainCode };
}

/**
 * One party's part: its share of the imported key, already refreshed.
 * @throws ProtocolAbort
 */
export function* importKey<P extends Element<P>>(p: ImportParameters<P>): Protocol<Share> {
  const { group, me, announcement, context, random } = p;
  const share = acceptDealt(p);
  const { parties, threshold, coefficients, chainCode } = announcement;
  // Spec 0.5-0.7
  const session = yield* openSession({
    me,
    parties,
    context,
    random,
    protocol: 'import',
    purpose: [group.name, threshold, [...coefficients], chainCode],
  });
  // Spec 1.1
  const acceptance = digest('import/acceptance', session.id, share.publicKey);
  const accepted = yield* exchange(session, IMPORT_ROUNDS.accept, {
    broadcast: { acceptance },
    direct: () => NOTHING,
  });
  // Spec 1.2
  const all = session.peers.map((peer) => of(accepted.broadcast, peer).acceptance);
  requireConsistent(
    'ACCEPTANCE_MISMATCH',
    all.every((one) => equalBytes(one, acceptance)),
  );
  // Spec 2.1
  return yield* refresh({ group, share, context: digest('import/refresh', session.id), random });
}
