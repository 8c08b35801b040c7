import { expect, test } from 'vitest';
import { type Bytes, hex } from '#core/bytes.ts';
import {
  type Point,
  encodePoint,
  mod,
  multiplyBase,
  multiplyPublic,
  randomScalar,
} from '#signing/curve.ts';
import { BASE_TRANSFERS, type PairSecrets, SEED_BYTES } from '#signing/pair-secrets.ts';
import { type Ceremony, type Opening, commitmentTo, keygenRounds } from '#signing/keygen.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { prove, verifyProof } from '#signing/proof.ts';
import type { Session } from '#signing/session.ts';
import { seededRandom } from '#signing/simulator.ts';
import { hashToScalar } from '#signing/transcript.ts';
import { bothPads, challenge, chosenPads, open, seedsOf } from './base-ot.ts';
import { batchId, seedCommitment } from './pairs.ts';
import { multiplicationSession, nonceCommitment } from './presign.ts';

const random = seededRandom('bindings.test');
const session: Session = {
  protocol: 'presign',
  me: 1,
  parties: [1, 2],
  peers: [2],
  id: random(32),
};
const other: Session = { ...session, id: random(32) };
const salt = random(32);
const [a, b] = [multiplyBase(2n), multiplyBase(3n)] as [Point, Point];

const ceremonyOf = (session: Session): Ceremony<Point> => ({
  session,
  group: SECP256K1,
  threshold: 2,
  rounds: keygenRounds(SECP256K1, 2),
});
const [ceremony, otherCeremony] = [ceremonyOf(session), ceremonyOf(other)];

const opening: Opening<Point> = {
  coefficients: [a, b],
  proofCommitment: a,
  proofResponse: 5n,
  chainNonce: salt,
  salt,
};
const pair = { party: 1, peer: 2, pairId: random(32) } as PairSecrets;

test.each<[string, readonly Bytes[]]>([
  [
    'the commitment to an opening',
    [
      commitmentTo(ceremony, 1, opening),
      commitmentTo(otherCeremony, 1, opening),
      commitmentTo(ceremony, 2, opening),
      commitmentTo(ceremony, 1, { ...opening, coefficients: [b, a] }),
      commitmentTo(ceremony, 1, { ...opening, coefficients: [a] }),
      commitmentTo(ceremony, 1, { ...opening, proofCommitment: b }),
      commitmentTo(ceremony, 1, { ...opening, proofResponse: 6n }),
      commitmentTo(ceremony, 1, { ...opening, chainNonce: random(32) }),
      commitmentTo(ceremony, 1, { ...opening, salt: random(32) }),
    ],
  ],
  [
    'the commitment to a nonce',
    [
      nonceCommitment(session, 1, a, salt),
      nonceCommitment(other, 1, a, salt),
      nonceCommitment(session, 2, a, salt),
      nonceCommitment(session, 1, b, salt),
      nonceCommitment(session, 1, a, random(32)),
    ],
  ],
  [
    "the commitment to a seed's part",
    [
      seedCommitment(session, 1, 2, salt, salt),
      seedCommitment(other, 1, 2, salt, salt),
      seedCommitment(session, 2, 1, salt, salt),
      seedCommitment(session, 1, 3, salt, salt),
      seedCommitment(session, 1, 2, random(32), salt),
      seedCommitment(session, 1, 2, salt, random(32)),
    ],
  ],
  [
    'a batch of transfers',
    [batchId(session, 1, 2), batchId(other, 1, 2), batchId(session, 2, 1), batchId(session, 1, 3)],
  ],
  [
    'a multiplication',
    [
      multiplicationSession(session, pair, 1),
      multiplicationSession(other, pair, 1),
      multiplicationSession(session, pair, 2),
      multiplicationSession(session, { ...pair, pairId: random(32) }, 1),
    ],
  ],
])('%s names everything that it is for', (_, digests) => {
  expect(new Set(digests.map(hex)).size).toBe(digests.length);
});

test('both sides name a multiplication alike', () => {
  const mirrored = { ...pair, party: 2, peer: 1 };
  for (const bob of [1, 2]) {
    const mine = multiplicationSession(session, pair, bob);
    expect(multiplicationSession({ ...session, me: 2 }, mirrored, bob)).toEqual(mine);
  }
});

test('a proof holds for its statement, its binding and its words only', () => {
  const secret = randomScalar(random);
  const statement = multiplyBase(secret);
  const binding = ['here', session.id, 1];
  const proof = prove(SECP256K1, binding, secret, statement, random);
  expect(verifyProof(SECP256K1, binding, statement, proof)).toBe(true);
  expect(verifyProof(SECP256K1, ['there', session.id, 1], statement, proof)).toBe(false);
  expect(verifyProof(SECP256K1, ['here', other.id, 1], statement, proof)).toBe(false);
  expect(verifyProof(SECP256K1, ['here', session.id, 2], statement, proof)).toBe(false);
  expect(verifyProof(SECP256K1, binding, a, proof)).toBe(false);
  expect(
    verifyProof(SECP256K1, binding, statement, { ...proof, response: mod(proof.response + 1n) }),
  ).toBe(false);
  expect(verifyProof(SECP256K1, binding, statement, { ...proof, commitment: a })).toBe(false);
});

test('the challenge of a proof covers binding, statement and commitment', () => {
  const statement = multiplyBase(5n);
  const binding = ['here', session.id, 1];
  const { commitment, response } = prove(SECP256K1, binding, 5n, statement, random);
  const challenge = hashToScalar('proof', binding, encodePoint(statement), encodePoint(commitment));
  const expected = multiplyPublic(statement, challenge).add(commitment);
  expect(multiplyBase(response).equals(expected)).toBe(true);
});

const seedAt = (list: Bytes, i: number): string =>
  hex(list.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES));

test('no two pads, verifiers, challenges or seeds of base transfers are alike', () => {
  const secret = randomScalar(random);
  const key = multiplyBase(secret);
  // All choices equal: only the index in the hash keeps the transfers apart.
  const choices = Array.from({ length: BASE_TRANSFERS }, () => a);
  const batches = [batchId(session, 1, 2), batchId(session, 2, 1)];
  const all = batches.flatMap((batch) => {
    const pads = bothPads(batch, secret, key, choices);
    const { zero, one } = open(batch, pads);
    const lists = [
      ...pads,
      zero,
      one,
      challenge(batch, pads),
      ...pads.map((pad) => seedsOf(batch, pad)),
    ];
    return lists.flatMap((list) => [0, 1, 127].map((i) => seedAt(list, i)));
  });
  expect(new Set(all).size).toBe(all.length);
});

test('a pad names the key and the choice that made it', () => {
  const batch = batchId(session, 1, 2);
  // The shared point a B is the same for (a, B) and (2a, B/2): only the public points differ.
  const half = multiplyBase(7n);
  const [first, second] = [
    { key: half.add(half), secret: 5n },
    { key: half, secret: 10n },
  ].map(({ key, secret }) =>
    chosenPads(batch, key, {
      points: Array.from({ length: BASE_TRANSFERS }, () => a),
      secrets: Array.from({ length: BASE_TRANSFERS }, () => secret),
    }),
  ) as [Bytes, Bytes];
  expect(seedAt(first, 0)).not.toBe(seedAt(second, 0));
  const chosen = (point: Point): Bytes =>
    chosenPads(batch, half, {
      points: Array.from({ length: BASE_TRANSFERS }, () => point),
      secrets: Array.from({ length: BASE_TRANSFERS }, () => 10n),
    });
  expect(seedAt(chosen(a), 0)).not.toBe(seedAt(chosen(b), 0));
});
