import { expect, test } from 'vitest';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { type PartyId, ProtocolAbort, type Random } from '#signing/kernel.ts';
import { simulatedKeys } from '#signing/simulated-committee.ts';
import { endOf, outputsOf } from '#signing/simulator.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { reshare } from './reshare.ts';
import type { Share } from './share.ts';
import { type ReshareSets, interpolate, reshareOf, simulatedReshare } from './simulated-life.ts';

const SEED = 'reshare.test';
const HELD = simulatedKeys(SEED, 3, 2);
const KEY = HELD.get(1) as KeyShare;

const areKey = (shares: readonly Share[]): boolean =>
  Buffer.compare(encodePoint(multiplyBase(interpolate(SECP256K1, shares))), KEY.publicKey) === 0;

test.each<[string, ReshareSets]>([
  ['the threshold is raised', { dealers: [1, 2, 3], receivers: [1, 2, 3], threshold: 3 }],
  ['a member leaves', { dealers: [1, 2, 3], receivers: [1, 2], threshold: 2 }],
  ['a member is replaced', { dealers: [1, 2], receivers: [1, 2, 4], threshold: 2 }],
  ['the committee grows', { dealers: [1, 2, 3], receivers: [1, 2, 3, 4, 5], threshold: 3 }],
  ['everybody is replaced', { dealers: [2, 3], receivers: [4, 5, 6], threshold: 2 }],
])('when %s, any t new holders have the same key, and fewer have not', (_, sets) => {
  const outputs = outputsOf(simulatedReshare(SEED, HELD, sets));
  const fresh = [...outputs.values()].filter((share) => share !== undefined);
  expect(fresh.map(({ party }) => party)).toEqual(sets.receivers);
  for (const party of sets.dealers.filter((one) => !sets.receivers.includes(one))) {
    expect(outputs.get(party)).toBeUndefined();
  }
  for (const share of fresh) {
    const { publicKey, chainCode, parties, threshold, verifyingShares } = share;
    expect({ publicKey, chainCode }).toEqual({
      publicKey: KEY.publicKey,
      chainCode: KEY.chainCode,
    });
    expect({ parties, threshold }).toEqual({ parties: sets.receivers, threshold: sets.threshold });
    expect(verifyingShares).toEqual(fresh[0]?.verifyingShares);
    expect(verifyingShares.get(share.party)).toEqual(encodePoint(multiplyBase(share.secret)));
  }
  expect(areKey(fresh.slice(0, sets.threshold))).toBe(true);
  expect(areKey(fresh.slice(-sets.threshold))).toBe(true);
  expect(areKey(fresh.slice(0, sets.threshold - 1))).toBe(false);
  const [first, ...others] = fresh.slice(0, sets.threshold);
  const old = HELD.get((first as Share).party);
  if (old !== undefined) expect(areKey([old, ...others])).toBe(false);
});

test('old shares and t - 1 new ones are not enough when the threshold was raised', () => {
  const sets = { dealers: [1, 2, 3], receivers: [1, 2, 3], threshold: 3 };
  const fresh = outputsOf(simulatedReshare(SEED, HELD, sets)) as ReadonlyMap<PartyId, Share>;
  expect(areKey([fresh.get(1) as Share, fresh.get(2) as Share])).toBe(false);
});

test('a new member that does not come leaves the key where it was', () => {
  const sets = { dealers: [1, 2], receivers: [1, 2, 4], threshold: 2 };
  for (const round of [0, 4, 5]) {
    const run = simulatedReshare(SEED, HELD, sets, {
      crash: (party, at) => party === 4 && at === round,
    });
    for (const party of [1, 2]) expect(endOf(run, party)).toBe('benign PEER_MISSING 4');
  }
});

/** What the culprit 2 is asked instead; the others end like this. */
test.each<[string, Partial<ReturnType<typeof reshareOf>>]>([
  ['another threshold', { threshold: 3 }],
  ['another key', { from: { ...KEY, publicKey: encodePoint(multiplyBase(9n)) } }],
  ['another chain code', { from: { ...KEY, chainCode: new Uint8Array(32) } }],
  ['another old threshold', { from: { ...KEY, threshold: 3 }, dealers: [1, 2, 3] }],
])('a party that was told %s parts before anything is dealt', (_, otherwise) => {
  const sets = { dealers: [1, 2, 3], receivers: [1, 2, 3], threshold: 2 };
  const told = new Map([
    [
      2,
      (me: PartyId, random: Random) =>
        reshare({ ...reshareOf(HELD, sets, me, random), ...otherwise }),
    ],
  ]);
  const run = simulatedReshare(SEED, HELD, sets, {}, told);
  for (const party of [1, 3]) expect(endOf(run, party)).toBe('inconsistent FOREIGN_SESSION');
});

test('verifying shares that are not those of the key are refused, even when all were told so', () => {
  const sets = { dealers: [1, 2], receivers: [4, 5], threshold: 2 };
  const lied = new Map(
    [...HELD].map(([party, share]) => {
      const verifyingShares = new Map([
        ...share.verifyingShares,
        [3, encodePoint(multiplyBase(9n))],
      ]);
      return [party, { ...share, verifyingShares }];
    }),
  );
  const run = simulatedReshare(SEED, lied, sets);
  for (const party of [1, 2, 4, 5]) expect(endOf(run, party)).toBe('inconsistent KEY_MISMATCH');
});

const unused: Random = () => {
  throw new Error('nothing should be drawn');
};

test.each<[string, ReshareSets, PartyId]>([
  ['too few dealers', { dealers: [1], receivers: [1, 2], threshold: 2 }, 1],
  ['a dealer that holds nothing', { dealers: [1, 4], receivers: [1, 2], threshold: 2 }, 1],
  ['dealers out of order', { dealers: [2, 1], receivers: [1, 2], threshold: 2 }, 1],
  ['receivers out of order', { dealers: [1, 2], receivers: [2, 1], threshold: 2 }, 1],
  ['a party twice', { dealers: [1, 2], receivers: [1, 1, 2], threshold: 2 }, 1],
  ['index zero', { dealers: [1, 2], receivers: [0, 1, 2], threshold: 2 }, 1],
  ['a threshold of one', { dealers: [1, 2], receivers: [1, 2], threshold: 1 }, 1],
  ['a threshold above n', { dealers: [1, 2], receivers: [1, 2], threshold: 3 }, 1],
  ['an outsider', { dealers: [1, 2], receivers: [1, 2], threshold: 2 }, 3],
])('%s: refused before anything is sent', (_, sets, me) => {
  const protocol = reshare(reshareOf(HELD, sets, me, unused));
  expect(() => protocol.next()).toThrow(ProtocolAbort);
});

test('a dealer without its share, or a share without a dealer, is refused', () => {
  const sets = { dealers: [1, 2], receivers: [1, 2, 4], threshold: 2 };
  const { secret: _, ...without } = reshareOf(HELD, sets, 1, () => new Uint8Array(32));
  expect(() => reshare(without).next()).toThrow(/PARTY_SET/);
  const joining = reshareOf(HELD, sets, 4, () => new Uint8Array(32));
  expect(() => reshare({ ...joining, secret: 5n }).next()).toThrow(/PARTY_SET/);
});
