import { describe, expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import { ORDER } from './curve.ts';
import { type PartyId, type Protocol, ProtocolAbort, type Random } from './kernel.ts';
import { ED25519, type EdwardsPoint, SECP256K1 } from './prime-group.ts';
import { NONCE_ROUND, NOTHING, exchange, openSession } from './session.ts';
import { CONTEXT } from './simulated-committee.ts';
import { type Faults, type Run, endOf, outputsOf, simulate } from './simulator.ts';
import {
  changesOf,
  corruptionsOf,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
  placesOf,
} from './tampering.ts';
import type { KeyShare } from './key-share.ts';
import {
  type Ceremony,
  type Opening,
  commitmentTo,
  drawPolynomial,
  keygen,
  keygenRounds,
} from './keygen.ts';

const SEED = 'keygen-attacks.test';
const PARTIES = [1, 2, 3] as const;
const CULPRIT: PartyId = 2;
const HONEST = [1, 3] as const;
const THRESHOLD = 2;
const DEAL = 4;

const roundsOf = (scheme: Scheme) =>
  Object.values(
    scheme === 'frost-ed25519'
      ? keygenRounds(ED25519, THRESHOLD)
      : keygenRounds(SECP256K1, THRESHOLD),
  );
const placesFor = (scheme: Scheme) => placesOf([NONCE_ROUND, ...roundsOf(scheme)], 0);

type Start = (me: PartyId, random: Random) => Protocol<KeyShare>;

const honest =
  (scheme: Scheme): Start =>
  (me, random) =>
    keygen({ scheme, me, parties: PARTIES, threshold: THRESHOLD, context: CONTEXT, random });

const run = (faults: Faults, start: Start, seed = SEED): Run<KeyShare> =>
  simulate({ seed, parties: PARTIES, start, faults });

const dealtBy = (session: Run<KeyShare>, party: PartyId): boolean =>
  session.sent.some((one) => one.from === party && one.round === DEAL);

function expectEnds(session: Run<KeyShare>, end: string, name = ''): void {
  for (const party of HONEST) expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: ${end}`);
}

/** How the honest parties end when a field of the culprit's message says something else. */
const ENDS: Readonly<Record<string, string>> = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.commitment': 'inconsistent ECHO_MISMATCH',
  '2.coefficients': 'cheat OPENING_MISMATCH 2',
  '2.proofCommitment': 'cheat OPENING_MISMATCH 2',
  '2.proofResponse': 'cheat OPENING_MISMATCH 2',
  '2.chainNonce': 'cheat OPENING_MISMATCH 2',
  '2.salt': 'cheat OPENING_MISMATCH 2',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '3.echo': 'inconsistent ECHO_MISMATCH',
  '4.share': 'cheat SHARE_MISMATCH 2',
  '5.confirmation': 'inconsistent CONFIRMATION_MISMATCH',
};

/** One scheme of each group: what differs between schemes of one group is a word in the purpose. */
describe.each(['ecdsa-secp256k1', 'frost-ed25519'] as const)('%s', (scheme) => {
  const start = honest(scheme);
  const places = placesFor(scheme);

  test('the table covers every field of every round', () => {
    expect(places.map((place) => place.name)).toEqual(Object.keys(ENDS));
  });

  test.each(places)('a change of $name ends the session in its class', (place) => {
    for (const { name, edit } of changesOf(place)) {
      const session = run(editing({ ...place, from: CULPRIT, edit }), start);
      expectEnds(session, ENDS[place.name] as string, name);
      if (place.round < DEAL - 1) {
        for (const party of HONEST) expect(dealtBy(session, party)).toBe(false);
      }
    }
  });

  test.each(places)('a spelling that $name must refuse names its sender', (place) => {
    for (const { name, edit } of corruptionsOf(place)) {
      const session = run(editing({ ...place, from: CULPRIT, edit }), start);
      expectEnds(session, 'cheat MALFORMED_MESSAGE 2', name);
    }
  });

  test.each([0, 1, 2, 3, 4, 5])(
    'a party that dies in round %i leaves no output behind',
    (round) => {
      const session = run({ crash: (party, at) => party === CULPRIT && at === round }, start);
      expectEnds(session, 'benign PEER_MISSING 2');
    },
  );
});

/** What follows does not depend on the group: it runs on Ed25519. */
const SCHEME = 'frost-ed25519';
const START = honest(SCHEME);
const PLACES = placesFor(SCHEME);

test.each(messagesOf(PLACES))(
  'a message of round $round that is none ends the session',
  (place) => {
    for (const { name, faults, end } of malformedMessages(place, CULPRIT)) {
      expectEnds(run(faults, START), end, name);
    }
  },
);

test.each(messagesOf(PLACES))('a message from elsewhere in round $round is refused', (place) => {
  const [original, elsewhere] = [run({}, START), run({}, START, `${SEED}/elsewhere`)];
  for (const { name, faults, end } of displacedMessages(place, CULPRIT, original, elsewhere)) {
    expectEnds(run(faults, START), end, name);
  }
});

test.each(PLACES.filter((place) => place.channel === 'broadcast' && place.round < 3))(
  'two versions of $name are noticed before any share leaves',
  (place) => {
    const [change] = changesOf(place);
    const edit = (change as { edit: (body: Bytes) => Bytes }).edit;
    const session = run(editing({ ...place, from: CULPRIT, to: [1], edit }), START);
    for (const party of HONEST) {
      expect(session.outcomes.get(party)?.kind).toBe('abort');
      expect(dealtBy(session, party)).toBe(false);
    }
    expect(endOf(session, 3)).not.toMatch(/cheat/);
  },
);

test('repeated and reordered messages change nothing', () => {
  const repeated = run({ tamper: ({ received }) => [received, received] }, START);
  expect(outputsOf(repeated)).toEqual(outputsOf(run({}, START)));
});

type EdwardsOpening = Opening<EdwardsPoint>;

const withCulprit =
  (corrupt: Start): Start =>
  (me, random) =>
    me === CULPRIT ? corrupt(me, random) : START(me, random);

/** A party that follows the protocol up to its opening, which `forge` makes, and then stops. */
function opener(
  forge: (own: EdwardsOpening) => EdwardsOpening,
  heard?: Map<PartyId, EdwardsOpening>,
): Start {
  return function* corrupt(me, random) {
    const session = yield* openSession({
      me,
      parties: PARTIES,
      context: CONTEXT,
      random,
      protocol: 'keygen',
      purpose: [SCHEME, THRESHOLD],
    });
    const ceremony: Ceremony<EdwardsPoint> = {
      session,
      group: ED25519,
      threshold: THRESHOLD,
      rounds: keygenRounds(ED25519, THRESHOLD),
    };
    const opening = forge(drawPolynomial(ceremony, random).opening);
    const committed = yield* exchange(session, ceremony.rounds.commit, {
      broadcast: { commitment: commitmentTo(ceremony, me, opening) },
      direct: () => NOTHING,
    });
    const { open } = keygenRounds(ED25519, opening.coefficients.length);
    const opened = yield* exchange(session, open, {
      broadcast: { ...opening, echo: committed.echo },
      direct: () => NOTHING,
    });
    for (const [party, one] of opened.broadcast) heard?.set(party, one);
    throw new ProtocolAbort('benign', 'STOPPED');
  };
}

/** What party 1 opens in the session of this seed: a culprit who replays it knows no discrete log. */
function openingOfFirst(): EdwardsOpening {
  const heard = new Map<PartyId, EdwardsOpening>();
  run({}, withCulprit(opener((own) => own, heard)));
  return heard.get(1) as EdwardsOpening;
}

test('an opening without knowledge of its constant term is refused', () => {
  const first = openingOfFirst();
  const mirrored = opener((own) => ({ ...first, chainNonce: own.chainNonce, salt: own.salt }));
  expectEnds(run({}, withCulprit(mirrored)), 'cheat PROOF_OF_KNOWLEDGE 2', 'the proof of another');
  const rogue = opener((own) => ({
    ...own,
    coefficients: [
      (own.coefficients[0] as EdwardsPoint).add((first.coefficients[0] as EdwardsPoint).negate()),
      own.coefficients[1] as EdwardsPoint,
    ],
  }));
  expectEnds(run({}, withCulprit(rogue)), 'cheat PROOF_OF_KNOWLEDGE 2', 'a rogue key');
});

test('a proof of an earlier ceremony is refused, even from its own prover', () => {
  let earlier: EdwardsOpening | undefined;
  run({}, withCulprit(opener((own) => (earlier = own))), `${SEED}/earlier`);
  const replay = opener((own) => ({ ...own, ...earlier }));
  expectEnds(run({}, withCulprit(replay)), 'cheat PROOF_OF_KNOWLEDGE 2');
});

test('nobody raises or lowers the threshold', () => {
  const longer = opener((own) => ({
    ...own,
    coefficients: [...own.coefficients, ED25519.multiplyBase(7n)],
  }));
  expectEnds(run({}, withCulprit(longer)), 'cheat MALFORMED_MESSAGE 2', 'longer');
  const shorter = opener((own) => ({ ...own, coefficients: own.coefficients.slice(0, 1) }));
  expectEnds(run({}, withCulprit(shorter)), 'cheat MALFORMED_MESSAGE 2', 'shorter');
});

/** What each party draws of 64 bytes: its constant term first. Every draw can be replaced. */
const drawing =
  (replace: (party: PartyId, drawn: Bytes, index: number) => Bytes): Start =>
  (me, random) => {
    let index = 0;
    return START(me, (size) => (size === 64 ? replace(me, random(size), index++) : random(size)));
  };

test('polynomials that cancel each other give no key', () => {
  const constants = new Map<PartyId, bigint>();
  const watch = drawing((party, drawn, index) => {
    if (index === 0) constants.set(party, ED25519.scalarOf(drawn));
    return drawn;
  });
  run({}, watch);
  // A culprit that had broken the commitments would know these.
  const [one, three] = HONEST.map((party) => constants.get(party) as bigint);
  const opposite = ED25519.encodeScalar(2n * ED25519.order - (one as bigint) - (three as bigint));
  const chosen = drawing((party, drawn, index) => {
    if (party !== CULPRIT || index !== 0) return drawn;
    const wide = new Uint8Array(64);
    wide.set(opposite);
    return wide;
  });
  expectEnds(run({}, chosen), 'inconsistent IDENTITY_KEY');
});

/** Everybody is honest, but the culprit was asked for something else. */
const asked =
  (otherwise: {
    readonly threshold?: number;
    readonly context?: Bytes;
    readonly scheme?: Scheme;
  }): Start =>
  (me, random) => {
    const common = { scheme: SCHEME, me, parties: PARTIES, threshold: THRESHOLD } as const;
    const everybody = { ...common, context: CONTEXT, random };
    return keygen(me === CULPRIT ? { ...everybody, ...otherwise } : everybody);
  };

test('parties that were asked for different keys part before anything secret is sent', () => {
  const end = 'inconsistent FOREIGN_SESSION';
  expectEnds(run({}, asked({ threshold: 3 })), end, 'another threshold');
  expectEnds(run({}, asked({ context: Uint8Array.of(1) })), end, 'another context');
  expectEnds(run({}, asked({ scheme: 'frost-secp256k1' })), end, 'another scheme');
});

const unused: Random = () => {
  throw new Error('nothing should be drawn');
};

test.each([
  ['one party', [1], 2],
  ['a repeated party', [1, 1, 2], 2],
  ['an unsorted set', [2, 1, 3], 2],
  ['index zero', [0, 1, 2], 2],
  ['a negative index', [-1, 1, 2], 2],
  ['a fraction', [1, 1.5, 2], 2],
  ['an index above two bytes', [1, 2, 65_536], 2],
  ['an index that is 1 modulo the order', [1, 2, Number(ORDER) + 1], 2],
  ['a set without the party itself', [2, 3, 4], 2],
  ['a threshold of one', [1, 2, 3], 1],
  ['a threshold above n', [1, 2, 3], 4],
  ['a threshold that is no integer', [1, 2, 3], 2.5],
])('%s is refused before anything is sent', (_, parties, threshold) => {
  const common = { scheme: SCHEME, me: 1, context: CONTEXT, random: unused } as const;
  const protocol = keygen({ ...common, parties, threshold });
  expect(() => protocol.next()).toThrow(/PARTY_SET|THRESHOLD/);
});
