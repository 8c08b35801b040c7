import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes.ts';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import type { KeyShare } from '#signing/key-share.ts';
import type { PartyId } from '#signing/kernel.ts';
import { sign } from '#signing/dkls/sign.ts';
import { memberOf, simulatedCommittee, simulatedKeys } from '#signing/simulated-committee.ts';
import { endOf, outputsOf, seededRandom, simulate } from '#signing/simulator.ts';
import { ED25519, SECP256K1 } from '#signing/prime-group.ts';
import { splitKey } from './import.ts';
import { refresh } from './refresh.ts';
import { elementsOf, sharesFitKey } from './share.ts';
import { LIFE_CONTEXT, interpolate, simulatedRefresh } from './simulated-life.ts';

const SEED = 'refresh.test';

const shareOf = (shares: ReadonlyMap<PartyId, KeyShare>, party: PartyId): KeyShare =>
  shares.get(party) as KeyShare;

/** Whether the secrets of these shares, taken together, are the key. */
const areKey = (...shares: readonly KeyShare[]): boolean =>
  Buffer.compare(
    encodePoint(multiplyBase(interpolate(SECP256K1, shares))),
    (shares[0] as KeyShare).publicKey,
  ) === 0;

describe.each([
  [2, 2],
  [2, 3],
  [3, 5],
])('after a refresh of %i of %i', (threshold, count) => {
  const before = simulatedKeys(SEED, count, threshold);
  const after = outputsOf(simulatedRefresh(`${SEED}/${threshold}/${count}`, before));

  test('key and chain code are the same, and every share is another', () => {
    for (const [party, old] of before) {
      const { publicKey, chainCode, secret, verifyingShares } = shareOf(after, party);
      expect(publicKey).toEqual(old.publicKey);
      expect(chainCode).toEqual(old.chainCode);
      expect(secret).not.toBe(old.secret);
      expect(verifyingShares).toEqual(shareOf(after, 1).verifyingShares);
      expect(verifyingShares.get(party)).toEqual(encodePoint(multiplyBase(secret)));
      expect(verifyingShares.get(party)).not.toEqual(old.verifyingShares.get(party));
    }
  });

  test('any t new shares are the key, fewer are not, and neither is a mix of old and new', () => {
    const fresh = [...after.values()];
    const first = fresh.slice(0, threshold);
    expect(areKey(...first)).toBe(true);
    expect(areKey(...fresh.slice(-threshold))).toBe(true);
    expect(areKey(...first.slice(1))).toBe(false);
    expect(areKey(shareOf(before, 1), ...first.slice(1))).toBe(false);
    const [one, ...old] = [...before.values()].slice(0, threshold) as [KeyShare, ...KeyShare[]];
    expect(areKey(shareOf(after, one.party), ...old)).toBe(false);
  });
});

test('one old and one new share do not sign', () => {
  const committee = simulatedCommittee(SEED, 2, 2);
  const after = outputsOf(simulatedRefresh(`${SEED}/mix`, committee.shares));
  const signers = committee.parties;
  const digest = new Uint8Array(32).fill(7);
  const signing = (fresh: readonly PartyId[]) =>
    simulate({
      seed: `${SEED}/sign`,
      parties: signers,
      start(me, random) {
        const member = memberOf(committee, me, signers);
        const share = fresh.includes(me) ? shareOf(after, me) : member.share;
        return sign({ ...member, share, digest, random });
      },
    });
  for (const party of signers) expect(endOf(signing([1]), party)).toBe('inconsistent KEY_SUM');
  outputsOf(signing([1, 2]));
});

test('an Ed25519 key is refreshed by the same code', () => {
  const parties = [1, 2, 3];
  const secret = 123_456_789n;
  const { announcement, shares } = splitKey({
    group: ED25519,
    secret,
    parties,
    threshold: 2,
    chainCode: new Uint8Array(),
    random: seededRandom(SEED),
  });
  const at = (party: PartyId) => ED25519.multiplyBase(shares.get(party) as bigint);
  const key = {
    parties,
    threshold: 2,
    publicKey: announcement.coefficients[0] as Uint8Array,
    verifyingShares: new Map(parties.map((party) => [party, ED25519.encodePoint(at(party))])),
    chainCode: new Uint8Array(),
  };
  const start = (me: PartyId, random: ReturnType<typeof seededRandom>) =>
    refresh({
      group: ED25519,
      share: { ...key, party: me, secret: shares.get(me) as bigint },
      context: LIFE_CONTEXT,
      random,
    });
  const after = [...outputsOf(simulate({ seed: SEED, parties, start })).values()];
  expect(interpolate(ED25519, after.slice(1))).toBe(secret);
  expect(after.map((one) => one.secret)).not.toContain(shares.get(1));
});

test('shares of other keys part before anything is dealt', () => {
  const shares = simulatedKeys(SEED, 3, 2);
  const other = simulatedKeys(`${SEED}/other`, 3, 2);
  const mixed = new Map([...shares, [2, shareOf(other, 2)]]);
  const run = simulatedRefresh(SEED, mixed);
  for (const party of [1, 3]) expect(endOf(run, party)).toBe('inconsistent FOREIGN_SESSION');
  const renamed = [...shares].map(
    ([party, share]) => [party, { ...share, chainCode: utf8(`chain of ${party}`) }] as const,
  );
  const parted = simulatedRefresh(SEED, new Map(renamed));
  for (const party of [1, 2, 3]) expect(endOf(parted, party)).toBe('inconsistent FOREIGN_SESSION');
});

test('a record whose shares do not give its key is not refreshed', () => {
  const shares = simulatedKeys(SEED, 3, 2);
  const { publicKey } = shareOf(simulatedKeys(`${SEED}/other`, 3, 2), 1);
  const wrong = new Map([...shares].map(([party, share]) => [party, { ...share, publicKey }]));
  for (const party of [1, 2, 3]) {
    expect(endOf(simulatedRefresh(SEED, wrong), party)).toBe('inconsistent KEY_CHANGED');
  }
});

test('one verifying share off the polynomial is noticed, whichever it is', () => {
  const key = shareOf(simulatedKeys(SEED, 3, 2), 1);
  const fits = (elements: ReturnType<typeof elementsOf<typeof SECP256K1.identity>>): boolean =>
    sharesFitKey(SECP256K1, elements, key.threshold, key.publicKey);
  const elements = elementsOf(SECP256K1, key);
  expect(fits(elements)).toBe(true);
  for (const party of key.parties) {
    expect(fits(new Map([...elements, [party, multiplyBase(5n)]]))).toBe(false);
  }
});

test('a secret that is not that of its verifying share is not refreshed', () => {
  const shares = simulatedKeys(SEED, 3, 2);
  const wrong = new Map([...shares, [2, { ...shareOf(shares, 2), secret: 5n }]]);
  expect(endOf(simulatedRefresh(SEED, wrong), 2)).toBe('inconsistent OWN_SHARE');
});

test('a holder that is absent leaves every share as it was', () => {
  const shares = simulatedKeys(SEED, 3, 2);
  for (const round of [0, 1, 2, 3, 4, 5]) {
    const run = simulatedRefresh(SEED, shares, {
      crash: (party, at) => party === 2 && at === round,
    });
    for (const party of [1, 3]) expect(endOf(run, party)).toBe('benign PEER_MISSING 2');
  }
});
