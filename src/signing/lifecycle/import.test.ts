import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { type Bytes, parseHex } from '#core/bytes.ts';
import { encodePoint, invertPublic, mod, multiplyBase } from '#signing/curve.ts';
import { type PartyId, ProtocolAbort, type Random } from '#signing/kernel.ts';
import { NONCE_ROUND } from '#signing/session.ts';
import {
  type Faults,
  type Run,
  endOf,
  outputsOf,
  seededRandom,
  simulate,
} from '#signing/simulator.ts';
import { changesOf, editing, placesOf } from '#signing/tampering.ts';
import { ED25519, SECP256K1, evaluate } from '#signing/prime-group.ts';
import {
  IMPORT_ROUNDS,
  type ImportParameters,
  ed25519Scalar,
  importKey,
  splitKey,
} from './import.ts';
import type { Share } from './share.ts';
import { LIFE_CONTEXT, interpolate } from './simulated-life.ts';

const SEED = 'import.test';
const PARTIES = [1, 2, 3];
const SECRET = 0xdecafn;
const PUBLIC_KEY = encodePoint(multiplyBase(SECRET));
const SPLIT = splitKey({
  group: SECP256K1,
  secret: SECRET,
  parties: PARTIES,
  threshold: 2,
  chainCode: new Uint8Array(32).fill(9),
  random: seededRandom(SEED),
});

type Parameters = ImportParameters<typeof SECP256K1.identity>;

const importOf = (me: PartyId, random: Random): Parameters => ({
  group: SECP256K1,
  me,
  announcement: SPLIT.announcement,
  dealt: SPLIT.shares.get(me) as bigint,
  publicKey: PUBLIC_KEY,
  context: LIFE_CONTEXT,
  random,
});

/** `told` is what party 2 is given otherwise. */
const run = (told: Partial<Parameters> = {}, faults: Faults = {}): Run<Share> =>
  simulate({
    seed: SEED,
    parties: PARTIES,
    start: (me, random) => importKey({ ...importOf(me, random), ...(me === 2 ? told : {}) }),
    faults,
  });

test('an imported key is the same key, and what the dealer dealt is stale', () => {
  const shares = [...outputsOf(run()).values()];
  expect(interpolate(SECP256K1, shares.slice(0, 2))).toBe(SECRET);
  expect(interpolate(SECP256K1, shares.slice(1))).toBe(SECRET);
  for (const share of shares) {
    expect(share.publicKey).toEqual(PUBLIC_KEY);
    expect(share.chainCode).toEqual(SPLIT.announcement.chainCode);
    const dealt = SPLIT.shares.get(share.party) as bigint;
    expect(share.secret).not.toBe(dealt);
    const [first, second] = shares as [Share, Share];
    const mixed = share.party === 1 ? second : first;
    expect(interpolate(SECP256K1, [mixed, { party: share.party, secret: dealt }])).not.toBe(SECRET);
  }
});

test('the scalar of an Ed25519 seed has the public key of the seed', () => {
  // RFC 8032 section 7.1, TEST 1 and TEST 2.
  for (const [seed, publicKey] of [
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    ],
  ] as const) {
    const scalar = ed25519Scalar(parseHex(seed));
    expect(ED25519.encodePoint(ED25519.multiplyBase(scalar))).toEqual(parseHex(publicKey));
    expect(ed25519.getPublicKey(parseHex(seed))).toEqual(parseHex(publicKey));
  }
});

test('an Ed25519 key is imported by the same code', () => {
  const seed = new Uint8Array(32).fill(5);
  const secret = ed25519Scalar(seed);
  const split = splitKey({
    group: ED25519,
    secret,
    parties: PARTIES,
    threshold: 2,
    chainCode: new Uint8Array(),
    random: seededRandom(SEED),
  });
  const imported = simulate({
    seed: SEED,
    parties: PARTIES,
    start: (me, random) =>
      importKey({
        group: ED25519,
        me,
        announcement: split.announcement,
        dealt: split.shares.get(me) as bigint,
        publicKey: ed25519.getPublicKey(seed),
        context: LIFE_CONTEXT,
        random,
      }),
  });
  expect(interpolate(ED25519, [...outputsOf(imported).values()].slice(1))).toBe(secret);
});

const { announcement } = SPLIT;
const [constant, slope] = announcement.coefficients as [Bytes, Bytes];
const other = encodePoint(multiplyBase(7n));

test.each<[string, Partial<Parameters>, string]>([
  ['a share that is not its own', { dealt: SPLIT.shares.get(1) }, 'IMPORT_SHARE'],
  ['a share of zero', { dealt: 0n }, 'IMPORT_SHARE'],
  ['another key than the one to expect', { publicKey: other }, 'IMPORT_KEY'],
  [
    'another constant term',
    { announcement: { ...announcement, coefficients: [other, slope] } },
    'IMPORT_KEY',
  ],
  [
    'another coefficient',
    { announcement: { ...announcement, coefficients: [constant, other] } },
    'IMPORT_SHARE',
  ],
  [
    'a coefficient too many',
    { announcement: { ...announcement, coefficients: [constant, slope, other] } },
    'IMPORT_LENGTH',
  ],
  [
    'a coefficient too few',
    { announcement: { ...announcement, coefficients: [constant] } },
    'IMPORT_LENGTH',
  ],
  [
    'a coefficient that is no point',
    { announcement: { ...announcement, coefficients: [constant, new Uint8Array(33)] } },
    'IMPORT_POINT',
  ],
  ['a threshold of one', { announcement: { ...announcement, threshold: 1 } }, 'THRESHOLD'],
  ['a threshold above n', { announcement: { ...announcement, threshold: 4 } }, 'THRESHOLD'],
  ['holders without itself', { announcement: { ...announcement, parties: [1, 3] } }, 'PARTY_SET'],
])('a party that is dealt %s sends nothing', (_, told, check) => {
  const session = run(told);
  expect(endOf(session, 2)).toBe(`benign ${check}`);
  expect(session.sent.some(({ from }) => from === 2)).toBe(false);
});

test('a polynomial at which some holder would have nothing is refused', () => {
  // f(i) = SECRET - SECRET / 3 * i, so that f(3) = 0.
  const polynomial = [SECRET, mod(-SECRET * invertPublic(3n))];
  const coefficients = polynomial.map((one) => encodePoint(multiplyBase(one)));
  const dealt = evaluate(SECP256K1, polynomial, 2);
  const session = run({ announcement: { ...announcement, coefficients }, dealt });
  expect(endOf(session, 2)).toBe('benign IMPORT_SHARE');
});

test('parties that were told different things part before they refresh', () => {
  const chainCode = new Uint8Array(32).fill(1);
  const session = run({ announcement: { ...announcement, chainCode } });
  for (const party of PARTIES) expect(endOf(session, party)).toBe('inconsistent FOREIGN_SESSION');
});

test.each(placesOf([NONCE_ROUND, IMPORT_ROUNDS.accept], 0))(
  'a change of $name leaves no key behind',
  (place) => {
    for (const { edit } of changesOf(place)) {
      const session = run({}, editing({ ...place, from: 2, edit }));
      const check = place.round === 0 ? 'FOREIGN_SESSION' : 'ACCEPTANCE_MISMATCH';
      for (const party of [1, 3]) expect(endOf(session, party)).toBe(`inconsistent ${check}`);
    }
  },
);

test('a refresh of an import that goes wrong leaves no key behind', () => {
  for (const round of [2, 4, 7]) {
    const session = run({}, { crash: (party, at) => party === 2 && at === round });
    for (const party of [1, 3]) expect(endOf(session, party)).toBe('benign PEER_MISSING 2');
  }
  expect(() => importKey({ ...importOf(1, seededRandom(SEED)), dealt: 5n }).next()).toThrow(
    ProtocolAbort,
  );
});
