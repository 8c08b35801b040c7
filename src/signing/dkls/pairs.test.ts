import { expect, test } from 'vitest';
import { type Bytes, concat, hex } from '#core/bytes.ts';
import { POINT_BYTES, encodePoint, multiplyBase } from '#signing/curve.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';
import {
  BASE_TRANSFERS,
  DELTA_BYTES,
  type PairSecrets,
  SEED_BYTES,
  decodePairSecrets,
  encodePairSecrets,
} from '#signing/pair-secrets.ts';
import { NONCE_ROUND } from '#signing/session.ts';
import { CONTEXT, HEDGE, simulatedCommittee } from '#signing/simulated-committee.ts';
import {
  type Faults,
  type Run,
  alterField,
  endOf,
  flipBit,
  outputsOf,
  replay,
  seededRandom,
  simulate,
} from '#signing/simulator.ts';
import {
  type Edit,
  changesOf,
  corruptionsOf,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
  placesOf,
} from '#signing/tampering.ts';
import { placeOf } from '#signing/wire.ts';
import { bitAt } from './base-ot.ts';
import { PAIR_ROUNDS, setUpPairs } from './pairs.ts';

const SEED = 'pairs.test';
const PARTIES = [1, 2] as const;
const CULPRIT: PartyId = 2;
const VICTIM: PartyId = 1;

type Pairs = ReadonlyMap<PartyId, PairSecrets>;
type Start = (me: PartyId, random: Random) => Protocol<Pairs>;

const honest: Start = (me, random) =>
  setUpPairs({ me, parties: PARTIES, context: CONTEXT, hedge: HEDGE, random });

const run = (faults: Faults, start: Start = honest, seed = SEED): Run<Pairs> =>
  simulate({ seed, parties: PARTIES, start, faults });

const pairOf = (pairs: ReadonlyMap<PartyId, Pairs>, party: PartyId, peer: PartyId): PairSecrets =>
  pairs.get(party)?.get(peer) as PairSecrets;

/** Alice holds, of every pair of Bob's seeds, the one that her bit of delta chooses. */
function expectMatch(alice: PairSecrets, bob: PairSecrets): void {
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    const seed = alice.asSender.seeds.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES);
    const [zero, one] = [0, BASE_TRANSFERS].map((half) =>
      bob.asReceiver.seeds.subarray((half + i) * SEED_BYTES, (half + i + 1) * SEED_BYTES),
    ) as [Bytes, Bytes];
    const [chosen, other] = bitAt(alice.asSender.delta, i) === 0 ? [zero, one] : [one, zero];
    expect(seed).toEqual(chosen);
    expect(seed).not.toEqual(other);
  }
}

test('every pair of a committee shares its secrets in both directions, and they stay apart', () => {
  const { pairs, parties } = simulatedCommittee(SEED, 3, 2);
  const ids = new Set<string>();
  for (const party of parties) {
    for (const peer of parties.filter((other) => other !== party)) {
      const [own, theirs] = [pairOf(pairs, party, peer), pairOf(pairs, peer, party)];
      expectMatch(own, theirs);
      expect(own.zeroSeed).toEqual(theirs.zeroSeed);
      expect(own.pairId).toEqual(theirs.pairId);
      ids.add(own.pairId.join());
      expect(decodePairSecrets(encodePairSecrets(own))).toEqual(own);
    }
  }
  expect(ids.size).toBe(3);
});

const { keys, choices, challenges, responses, openings, confirm } = PAIR_ROUNDS;
const ROUNDS = [NONCE_ROUND, keys, choices, challenges, responses, openings, confirm];
const PLACES = placesOf(ROUNDS, 0);

/** How the victim ends when a field of the culprit's message says something else. */
const ENDS: Readonly<Record<string, string>> = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.senderKey': 'cheat PROOF_OF_KNOWLEDGE 2',
  '1.proofCommitment': 'cheat PROOF_OF_KNOWLEDGE 2',
  '1.proofResponse': 'cheat PROOF_OF_KNOWLEDGE 2',
  '1.seedCommitment': 'cheat OPENING_MISMATCH 2',
  '2.choices': 'cheat TRANSFER_RESPONSE 2',
  '2.seedPart': 'cheat OPENING_MISMATCH 2',
  '2.seedSalt': 'cheat OPENING_MISMATCH 2',
  '3.challenges': 'cheat TRANSFER_OPENING 2',
  '4.responses': 'cheat TRANSFER_RESPONSE 2',
  '5.zero': 'cheat TRANSFER_OPENING 2',
  '5.one': 'cheat TRANSFER_OPENING 2',
  '6.confirmation': 'cheat CONFIRMATION_MISMATCH 2',
};

test('the table covers every field of every round', () => {
  expect(PLACES.map((place) => place.name)).toEqual(Object.keys(ENDS));
});

const original = run({});
const clean = outputsOf(original);
/** An attack on the original session: the culprit's other messages are the ones he sent in it. */
const attack = (faults: Faults): string =>
  endOf(
    run(faults, (me, random) => (me === CULPRIT ? replay(original, CULPRIT) : honest(me, random))),
    VICTIM,
  );
const victimDelta = pairOf(clean, VICTIM, CULPRIT).asSender.delta;

/** A wrong challenge reaches the victim's own check only where his choice was 0: see the test below. */
const changesFor = (place: (typeof PLACES)[number]): readonly Edit[] => {
  if (place.field !== 'challenges') return changesOf(place);
  const index = [...Array(BASE_TRANSFERS).keys()].find((i) => bitAt(victimDelta, i) === 0);
  return [challengeOf(index as number)];
};

const challengeOf = (index: number): Edit => ({
  name: `challenge ${index}`,
  edit: (body) =>
    alterField(challenges.direct, 'challenges', body, (list) =>
      flipBit(list, 8 * SEED_BYTES * index),
    ),
});

test.each(PLACES)('a change of $name ends the session in its class', (place) => {
  for (const { edit } of changesFor(place)) {
    expect(attack(editing({ ...place, from: CULPRIT, edit }))).toBe(ENDS[place.name]);
  }
});

test('after the attacks a session still works', () => {
  expect(outputsOf(run({}))).toEqual(clean);
});

test('a sender who guesses a choice wrongly ends the session at once', () => {
  const wrong = [...Array(BASE_TRANSFERS).keys()].find((i) => bitAt(victimDelta, i) === 1);
  const { edit } = challengeOf(wrong as number);
  const session = run(
    editing({ round: challenges.number, channel: 'direct', from: CULPRIT, edit }),
  );
  // The culprit runs honest code here, so it is the one who sees the response that gives it away.
  expect(endOf(session, CULPRIT)).toBe('cheat TRANSFER_RESPONSE 1');
  expect(endOf(session, VICTIM)).toBe('benign PEER_MISSING 2');
});

const swapOpenings = (body: Bytes): Bytes => {
  const half = BASE_TRANSFERS * SEED_BYTES;
  const start = body.length - 2 * half;
  const [zero, one] = [body.subarray(start, start + half), body.subarray(start + half)];
  return concat(body.subarray(0, start), one, zero);
};

const editDirect = (round: number, edit: (body: Bytes) => Bytes): string =>
  attack(editing({ from: CULPRIT, round, channel: 'direct', edit }));

test('openings that exchange their roles are refused, though they make the same challenge', () => {
  const end = editDirect(openings.number, swapOpenings);
  expect(end).toBe('cheat TRANSFER_OPENING 2');
});

const withChoices = (edit: (list: Bytes) => Bytes): string =>
  editDirect(choices.number, (body) => alterField(choices.direct, 'choices', body, edit));

test('a receiver who repeats a choice is refused', () => {
  const firstAsLast = withChoices((list) =>
    concat(list.subarray(0, -POINT_BYTES), list.subarray(0, POINT_BYTES)),
  );
  expect(firstAsLast).toBe('cheat REPEATED_CHOICE 2');
  const point = encodePoint(multiplyBase(9n));
  const allEqual = (): Bytes => concat(...Array.from({ length: BASE_TRANSFERS }, () => point));
  expect(withChoices(allEqual)).toBe('cheat REPEATED_CHOICE 2');
});

test("a receiver who sends the sender's own key gives no cause to fail", () => {
  // A = B makes b A - b B the identity, which must be hashed like any other point.
  const sent = original.sent.filter((one) => one.from === VICTIM && one.round === keys.number);
  const { start, end } = placeOf(keys.direct, 'senderKey');
  const key = (sent[0]?.received.direct ?? concat()).subarray(start, end);
  const first = withChoices((list) => concat(key, list.subarray(POINT_BYTES)));
  expect(first).toBe('cheat TRANSFER_RESPONSE 2');
});

test.each(PLACES)('a spelling that $name must refuse names its sender', (place) => {
  for (const { name, edit } of corruptionsOf(place)) {
    const end = attack(editing({ ...place, from: CULPRIT, edit }));
    expect(`${name}: ${end}`).toBe(`${name}: cheat MALFORMED_MESSAGE 2`);
  }
});

const elsewhere = run({}, honest, `${SEED}/elsewhere`);

test.each(messagesOf(PLACES))('a message of round $round that is none is refused', (place) => {
  const attacks = [
    ...malformedMessages(place, CULPRIT),
    ...displacedMessages(place, CULPRIT, original, elsewhere),
  ];
  // The later rounds are reached by 128 transfers each time: a few attacks stand for the rest there.
  const chosen = place.round < 3 ? attacks : attacks.filter((one) => SOME.includes(one.name));
  expect(chosen.length).toBeGreaterThanOrEqual(SOME.length);
  for (const { name, faults, end } of chosen) {
    expect(`${name}: ${attack(faults)}`).toBe(`${name}: ${end}`);
  }
});

const SOME = ['a trailing byte', 'reflected'];

test.each([0, 1, 2, 3, 4, 5, 6])('a party that dies in round %i leaves no secrets', (round) => {
  const end = attack({ crash: (party, at) => party === CULPRIT && at === round });
  expect(end).toBe('benign PEER_MISSING 2');
});

test('two epochs of a pair have nothing in common', () => {
  const [first, second] = [clean, outputsOf(elsewhere)].map((one) =>
    pairOf(one, VICTIM, CULPRIT),
  ) as [PairSecrets, PairSecrets];
  expect(first.pairId).not.toEqual(second.pairId);
  expect(first.zeroSeed).not.toEqual(second.zeroSeed);
  expect(first.asSender.delta).not.toEqual(second.asSender.delta);
  expect(first.asSender.delta).toHaveLength(DELTA_BYTES);
});

test.each<[string, readonly PartyId[]]>([
  ['one party', [1]],
  ['a repeated party', [1, 1]],
  ['an unsorted set', [2, 1]],
  ['index zero', [0, 1]],
  ['a set without the party itself', [2, 3]],
])('%s is refused before anything is sent', (_, parties) => {
  const random: Random = seededRandom(SEED);
  const protocol = setUpPairs({ me: 1, parties, context: CONTEXT, hedge: HEDGE, random });
  expect(() => protocol.next()).toThrow(/PARTY_SET/);
});

/** A generator that draws the same bytes again and again. */
const stuck: Random = (size) => new Uint8Array(size).fill(3);

test('a machine whose state was copied draws other secrets in another session', () => {
  const drawn = ['a', 'b'].map((seed) => {
    const copied: Start = (me, random) => honest(me, me === CULPRIT ? stuck : random);
    const { asSender, zeroSeed } = pairOf(outputsOf(run({}, copied, seed)), CULPRIT, VICTIM);
    return [hex(asSender.delta), hex(zeroSeed)];
  });
  const [before, after] = drawn as [string[], string[]];
  expect(before[0]).not.toBe(after[0]);
});

test('machines that draw the same bytes and have other secrets draw apart', () => {
  const deltas = [1, 2].map((secret) => {
    const start: Start = (me) =>
      setUpPairs({
        me,
        parties: PARTIES,
        context: CONTEXT,
        hedge: Uint8Array.of(me === CULPRIT ? secret : 0),
        random: stuck,
      });
    return hex(pairOf(outputsOf(run({}, start)), CULPRIT, VICTIM).asSender.delta);
  });
  expect(deltas[0]).not.toBe(deltas[1]);
});
