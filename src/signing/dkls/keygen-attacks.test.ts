import { expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { ORDER, type Point, type Scalar, encodeScalar, mod, multiplyBase } from '#signing/curve.ts';
import { type PartyId, type Protocol, ProtocolAbort, type Random } from '#signing/kernel.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { NONCE_ROUND, NOTHING, exchange, openSession } from '#signing/session.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { type Faults, type Run, endOf, outputsOf, simulate } from '#signing/simulator.ts';
import {
  changesOf,
  corruptionsOf,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
  placesOf,
} from '#signing/tampering.ts';
import { KEYGEN_ROUNDS, type Opening, commitmentTo, drawPolynomial, keygen } from './keygen.ts';

const SEED = 'keygen-attacks.test';
const PARTIES = [1, 2, 3] as const;
const CULPRIT: PartyId = 2;
const HONEST = [1, 3] as const;
const THRESHOLD = 2;
const DEAL = KEYGEN_ROUNDS.deal.number;

const { commit, open, echo, deal, confirm } = KEYGEN_ROUNDS;
const ROUNDS = [NONCE_ROUND, commit, open(THRESHOLD), echo, deal, confirm];
const PLACES = placesOf(ROUNDS, 0);

type Start = (me: PartyId, random: Random) => Protocol<KeyShare>;

const honest: Start = (me, random) =>
  keygen({ me, parties: PARTIES, threshold: THRESHOLD, context: CONTEXT, random });

const run = (faults: Faults, start: Start = honest, seed = SEED): Run<KeyShare> =>
  simulate({ seed, parties: PARTIES, start, faults });

const dealtBy = (session: Run<KeyShare>, party: PartyId): boolean =>
  session.sent.some((one) => one.from === party && one.round === DEAL);

function expectEnds(session: Run<KeyShare>, end: string): void {
  for (const party of HONEST) expect(endOf(session, party)).toBe(end);
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

test('the table covers every field of every round', () => {
  expect(PLACES.map((place) => place.name)).toEqual(Object.keys(ENDS));
});

test.each(PLACES)('a change of $name ends the session in its class, the next works', (place) => {
  for (const { edit } of changesOf(place)) {
    const session = run(editing({ ...place, from: CULPRIT, edit }));
    expectEnds(session, ENDS[place.name] as string);
    if (place.round < DEAL - 1)
      for (const party of HONEST) expect(dealtBy(session, party)).toBe(false);
  }
  outputsOf(run({}));
});

test.each(PLACES)('a spelling that $name must refuse names its sender', (place) => {
  for (const { name, edit } of corruptionsOf(place)) {
    const session = run(editing({ ...place, from: CULPRIT, edit }));
    for (const party of HONEST) {
      expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: cheat MALFORMED_MESSAGE 2`);
    }
  }
});

test.each(messagesOf(PLACES))(
  'a message of round $round that is none ends the session',
  (place) => {
    for (const { name, faults, end } of malformedMessages(place, CULPRIT)) {
      const session = run(faults);
      for (const party of HONEST)
        expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: ${end}`);
    }
  },
);

test.each(messagesOf(PLACES))('a message from elsewhere in round $round is refused', (place) => {
  const [original, elsewhere] = [run({}), run({}, honest, `${SEED}/elsewhere`)];
  for (const { name, faults, end } of displacedMessages(place, CULPRIT, original, elsewhere)) {
    const session = run(faults);
    for (const party of HONEST) expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: ${end}`);
  }
});

test.each(PLACES.filter((place) => place.channel === 'broadcast' && place.round < 3))(
  'two versions of $name are noticed before any share leaves',
  (place) => {
    const [change] = changesOf(place);
    const edit = (change as { edit: (body: Bytes) => Bytes }).edit;
    const session = run(editing({ ...place, from: CULPRIT, to: [1], edit }));
    for (const party of HONEST) {
      expect(session.outcomes.get(party)?.kind).toBe('abort');
      expect(dealtBy(session, party)).toBe(false);
    }
    expect(endOf(session, 3)).not.toMatch(/cheat/);
  },
);

test.each([0, 1, 2, 3, 4, 5])('a party that dies in round %i leaves no output behind', (round) => {
  const session = run({ crash: (party, at) => party === CULPRIT && at === round });
  expectEnds(session, 'benign PEER_MISSING 2');
});

test('repeated and reordered messages change nothing', () => {
  const repeated = run({ tamper: ({ received }) => [received, received] });
  expect(outputsOf(repeated)).toEqual(outputsOf(run({})));
});

const withCulprit =
  (corrupt: Start): Start =>
  (me, random) =>
    me === CULPRIT ? corrupt(me, random) : honest(me, random);

/** A party that follows the protocol up to its opening, which `forge` makes, and then stops. */
function opener(forge: (own: Opening) => Opening, heard?: Map<PartyId, Opening>): Start {
  return function* corrupt(me, random) {
    const session = yield* openSession({
      me,
      parties: PARTIES,
      context: CONTEXT,
      random,
      protocol: 'keygen',
      purpose: [THRESHOLD],
    });
    const opening = forge(drawPolynomial(session, THRESHOLD, random).opening);
    const committed = yield* exchange(session, commit, {
      broadcast: { commitment: commitmentTo(session, me, opening) },
      direct: () => NOTHING,
    });
    const opened = yield* exchange(session, open(opening.coefficients.length), {
      broadcast: { ...opening, echo: committed.echo },
      direct: () => NOTHING,
    });
    for (const [party, one] of opened.broadcast) heard?.set(party, one);
    throw new ProtocolAbort('benign', 'STOPPED');
  };
}

/** What party 1 opens in the session of this seed: a culprit who replays it knows no discrete log. */
function openingOfFirst(seed = SEED): Opening {
  const heard = new Map<PartyId, Opening>();
  run({}, withCulprit(opener((own) => own, heard)), seed);
  return heard.get(1) as Opening;
}

test('an opening without knowledge of its constant term is refused', () => {
  const first = openingOfFirst();
  const mirrored = opener((own) => ({ ...first, chainNonce: own.chainNonce, salt: own.salt }));
  expectEnds(run({}, withCulprit(mirrored)), 'cheat PROOF_OF_KNOWLEDGE 2');
  const negated = opener((own) => ({
    ...own,
    coefficients: [(first.coefficients[0] as Point).negate(), own.coefficients[1] as Point],
  }));
  expectEnds(run({}, withCulprit(negated)), 'cheat PROOF_OF_KNOWLEDGE 2');
});

test('a proof of an earlier ceremony is refused, even from its own prover', () => {
  let earlier: Opening | undefined;
  const keep = opener((own) => (earlier = own));
  run({}, withCulprit(keep), `${SEED}/earlier`);
  const replay = opener((own) => ({ ...own, ...earlier }));
  expectEnds(run({}, withCulprit(replay)), 'cheat PROOF_OF_KNOWLEDGE 2');
});

test('nobody raises or lowers the threshold', () => {
  const longer = opener((own) => ({
    ...own,
    coefficients: [...own.coefficients, multiplyBase(7n)],
  }));
  expectEnds(run({}, withCulprit(longer)), 'cheat MALFORMED_MESSAGE 2');
  const shorter = opener((own) => ({ ...own, coefficients: own.coefficients.slice(0, 1) }));
  expectEnds(run({}, withCulprit(shorter)), 'cheat MALFORMED_MESSAGE 2');
});

test('polynomials that cancel each other give no key', () => {
  const zeroSum = chosenConstant(mod(-constantOf(1) - constantOf(3)));
  expectEnds(run({}, zeroSum), 'inconsistent IDENTITY_KEY');
});

/** The constant terms of the honest polynomials, which a real culprit would not know. */
function constantOf(party: PartyId): Scalar {
  const drawn = new Map<PartyId, Scalar[]>();
  run({}, (me, random) =>
    honest(me, (size) => {
      const bytes = random(size);
      drawn.set(me, [...(drawn.get(me) ?? []), BigInt(`0x${Buffer.from(bytes).toString('hex')}`)]);
      return bytes;
    }),
  );
  // The first draw is the session's nonce, the second the constant term.
  return (drawn.get(party) as Scalar[])[1] as Scalar;
}

const chosenConstant =
  (constant: Scalar): Start =>
  (me, random) => {
    let draws = 0;
    const chosen: Random = (size) => {
      draws += 1;
      const bytes = random(size);
      return me === CULPRIT && draws === 2 ? encodeScalar(constant) : bytes;
    };
    return honest(me, chosen);
  };

/** Everybody is honest, but the culprit was asked for something else. */
const asked =
  (otherwise: { readonly threshold?: number; readonly context?: Bytes }): Start =>
  (me, random) => {
    const common = { me, parties: PARTIES, threshold: THRESHOLD, context: CONTEXT, random };
    return keygen(me === CULPRIT ? { ...common, ...otherwise } : common);
  };

test('parties that were asked for different keys part before anything secret is sent', () => {
  expectEnds(run({}, asked({ threshold: 3 })), 'inconsistent FOREIGN_SESSION');
  expectEnds(run({}, asked({ context: Uint8Array.of(1) })), 'inconsistent FOREIGN_SESSION');
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
  const protocol = keygen({ me: 1, parties, threshold, context: CONTEXT, random: unused });
  expect(() => protocol.next()).toThrow(/PARTY_SET|THRESHOLD/);
});
