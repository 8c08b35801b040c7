import { expect, test } from 'vitest';
import { type Bytes, utf8 } from '#core/bytes.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import type { PartyId } from '#signing/kernel.ts';
import { NONCE_ROUND } from '#signing/session.ts';
import { memberOf, simulatedCommittee, simulatedSigning } from '#signing/simulated-committee.ts';
import { type Faults, type Run, endOf, outputsOf, replay, simulate } from '#signing/simulator.ts';
import {
  changesOf,
  corruptionsOf,
  displacedMessages,
  editing,
  malformedMessages,
  messagesOf,
  placesOf,
} from '#signing/tampering.ts';
import { digest } from '#signing/transcript.ts';
import { ONLINE_ROUNDS } from './online.ts';
import { PRESIGN_ROUNDS } from './presign.ts';
import { sign } from './sign.ts';

const SEED = 'sign-attacks.test';
const SIGNERS = [1, 2, 3] as const;
const CULPRIT: PartyId = 2;
const HONEST = [1, 3] as const;
const committee = simulatedCommittee(SEED, 3, 2);
const DIGEST = digest('sign-attacks.test', utf8('message'));

const run = (faults: Faults, seed = SEED): Run<EcdsaSignature> =>
  simulatedSigning({ seed, committee, signers: SIGNERS, digest: DIGEST, faults });

const original = run({});

/** The original session, in which the culprit says again what he said, whatever becomes of it. */
const attack = (faults: Faults): Run<EcdsaSignature> =>
  simulate<EcdsaSignature>({
    seed: SEED,
    parties: SIGNERS,
    start: (me, random) =>
      me === CULPRIT
        ? replay(original, me)
        : sign({ ...memberOf(committee, me, SIGNERS), digest: DIGEST, random }),
    faults,
  });

const { commit, multiply } = PRESIGN_ROUNDS;
const { randomise, shares } = ONLINE_ROUNDS;
const PLACES = placesOf([NONCE_ROUND, commit, multiply, randomise, shares], 0);

/** How the honest signers end when a field of the culprit's message says something else. */
const ENDS: Readonly<Record<string, string>> = {
  '0.nonce': 'inconsistent FOREIGN_SESSION',
  '1.commitment': 'inconsistent ECHO_MISMATCH',
  '1.pairId': 'benign PAIR_EPOCH 2',
  '1.matrix': 'cheat TRANSFER_CHECK 2',
  '1.choiceHash': 'cheat TRANSFER_CHECK 2',
  '1.columnHashes': 'cheat TRANSFER_CHECK 2',
  '2.echo': 'inconsistent ECHO_MISMATCH',
  '2.nonce': 'cheat OPENING_MISMATCH 2',
  '2.salt': 'cheat OPENING_MISMATCH 2',
  '2.key': 'cheat POINT_CHECK 2',
  '2.gammaU': 'cheat POINT_CHECK 2',
  '2.gammaV': 'cheat POINT_CHECK 2',
  '2.psi': 'inconsistent SIGNATURE_INVALID',
  '2.corrections': 'cheat MULTIPLICATION_CHECK 2',
  '2.checks': 'cheat MULTIPLICATION_CHECK 2',
  '2.checkDigest': 'cheat MULTIPLICATION_CHECK 2',
  '3.binding': 'inconsistent DIGEST_MISMATCH',
  '3.contribution': 'inconsistent RANDOMNESS_MISMATCH',
  '4.agreement': 'inconsistent RANDOMNESS_MISMATCH',
  '4.u': 'inconsistent SIGNATURE_INVALID',
  '4.w': 'inconsistent SIGNATURE_INVALID',
};

test('the table covers every field of every round', () => {
  expect(PLACES.map((place) => place.name)).toEqual(Object.keys(ENDS));
});

/** The last round of which a party's messages left it. */
const lastSent = (session: Run<EcdsaSignature>, party: PartyId): number =>
  Math.max(...session.sent.filter((one) => one.from === party).map((one) => one.round));

/** The round after which a check of this end runs: nothing later may leave an honest signer. */
const decidedIn = (place: (typeof PLACES)[number]): number =>
  ({ '0.nonce': 1, '1.commitment': 2, '2.psi': 4, '3.contribution': 4 })[place.name] ?? place.round;

test.each(PLACES)('a change of $name ends the session in its class', (place) => {
  for (const { edit } of changesOf(place)) {
    const session = attack(editing({ ...place, from: CULPRIT, edit }));
    for (const party of HONEST) {
      expect(endOf(session, party)).toBe(ENDS[place.name]);
      expect(lastSent(session, party)).toBe(decidedIn(place));
    }
  }
});

test.each(PLACES.filter((place) => place.channel === 'direct'))(
  'a change of $name towards one signer names nobody honest, and nobody signs',
  (place) => {
    const [change] = changesOf(place);
    const edit = (change as { edit: (body: Bytes) => Bytes }).edit;
    const session = attack(editing({ ...place, from: CULPRIT, to: [1], edit }));
    expect(endOf(session, 1)).toBe(ENDS[place.name]);
    const bystander = session.outcomes.get(3);
    expect(bystander?.kind).toBe('abort');
    if (bystander?.kind === 'abort') expect(bystander.abort.kind).not.toBe('cheat');
  },
);

test.each(PLACES.filter((place) => place.channel === 'broadcast' && place.round < 4))(
  'two versions of $name end the session without a culprit',
  (place) => {
    const [change] = changesOf(place);
    const edit = (change as { edit: (body: Bytes) => Bytes }).edit;
    const session = attack(editing({ ...place, from: CULPRIT, to: [1], edit }));
    for (const party of HONEST) {
      expect(endOf(session, party)).toMatch(/^(?:inconsistent [A-Z_]+|benign PEER_MISSING .*)$/);
    }
    expect(HONEST.some((party) => endOf(session, party).startsWith('inconsistent'))).toBe(true);
  },
);

test.each(PLACES)('a spelling that $name must refuse names its sender', (place) => {
  for (const { name, edit } of corruptionsOf(place)) {
    const session = attack(editing({ ...place, from: CULPRIT, edit }));
    for (const party of HONEST) {
      expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: cheat MALFORMED_MESSAGE 2`);
      expect(lastSent(session, party)).toBe(place.round);
    }
  }
});

const elsewhere = run({}, `${SEED}/elsewhere`);

test.each(messagesOf(PLACES))('a $channel of round $round that is none is refused', (place) => {
  const attacks = [
    ...malformedMessages(place, CULPRIT),
    ...displacedMessages(place, CULPRIT, original, elsewhere),
  ];
  for (const { name, faults, end } of attacks) {
    const session = attack(faults);
    for (const party of HONEST) expect(`${name}: ${endOf(session, party)}`).toBe(`${name}: ${end}`);
  }
});

test.each([0, 1, 2, 3, 4])('a signer that dies in round %i leaves no signature', (round) => {
  const session = attack({ crash: (party, at) => party === CULPRIT && at === round });
  for (const party of HONEST) expect(endOf(session, party)).toBe('benign PEER_MISSING 2');
});

test('a message that is lost towards one signer names its sender and nobody signs', () => {
  for (const round of [0, 1, 2, 3]) {
    const session = attack({
      tamper: ({ from, to, round: at, received }) =>
        from === CULPRIT && to === 1 && at === round ? [] : [received],
    });
    expect(endOf(session, 1)).toBe('benign PEER_MISSING 2');
    expect(endOf(session, 3)).toMatch(/^benign PEER_MISSING/);
  }
});

test('repeated and reordered messages change nothing, and the next session works', () => {
  const repeated = run({ tamper: ({ received }) => [received, received] });
  expect(outputsOf(repeated)).toEqual(outputsOf(original));
});
