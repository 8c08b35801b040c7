import { ed25519, ed25519_FROST } from '@noble/curves/ed25519.js';
import { schnorr, schnorr_FROST } from '@noble/curves/secp256k1.js';
import { expect, test } from 'vitest';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { hasEvenY, xOnly } from '#signing/bip340.ts';
import { type Point, decodePoint } from '#signing/curve.ts';
import { derive } from '#signing/derivation.ts';
import { type Element, ED25519, type PrimeGroup, SECP256K1 } from '#signing/prime-group.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Run, outputsOf, seededRandom } from '#signing/simulator.ts';
import { NO_SCRIPTS, taprootOutput } from '#signing/taproot.ts';
import { type Layout, placeOf } from '#signing/wire.ts';
import type { FrostKeyShare } from './key-share.ts';
import { aggregate, deriveNonce, preparePackage, signShare } from './shares.ts';
import { signRounds } from './sign.ts';
import { adaptShare, adaptVerifyingShare, outputKey, plainKey } from './signing-key.ts';
import { type FrostShares, simulatedFrostKey, simulatedFrostSigning } from './simulated-keys.ts';
import { FROST_ED25519, FROST_TAPROOT, type Suite } from './suite.ts';

const SEED = 'frost/sign.test';
const MESSAGE = utf8('pay the invoice');
const SIGHASH = sha256(MESSAGE);

const shareOf = (shares: FrostShares, party: PartyId): FrostKeyShare =>
  shares.get(party) as FrostKeyShare;
const pointOf = (share: FrostKeyShare): Point => decodePoint(share.publicKey) as Point;

/** The one signature that all signers have. */
function signatureOf(run: Run<Bytes>): Bytes {
  const [first, ...others] = [...outputsOf(run).values()];
  for (const other of others) expect(other).toEqual(first);
  return first as Bytes;
}

/** Keys of both parities of y, because BIP-340 treats them differently. */
function taprootKeys(): FrostShares[] {
  const found = new Map<boolean, FrostShares>();
  for (let at = 0; found.size < 2; at++) {
    const shares = simulatedFrostKey(`${SEED}/${at}`, 'frost-secp256k1', 3, 2);
    found.set(hasEvenY(pointOf(shareOf(shares, 1))), shares);
  }
  return [...found.values()];
}

test.each([
  [2, 2, [1, 2]],
  [2, 3, [1, 3]],
  [2, 3, [1, 2, 3]],
  [3, 5, [2, 4, 5]],
])('a %i-of-%i Ed25519 key signs with parties %j as RFC 8032 does', (threshold, count, signers) => {
  const shares = simulatedFrostKey(SEED, 'frost-ed25519', count, threshold);
  const run = simulatedFrostSigning({ seed: SEED, shares, signers, message: MESSAGE });
  const signature = signatureOf(run);
  const { publicKey } = shareOf(shares, 1);
  expect(ed25519.verify(signature, MESSAGE, publicKey, { zip215: false })).toBe(true);
  expect(ed25519.verify(signature, utf8('pay another'), publicKey)).toBe(false);
});

test('an empty and a long message are signed like any other', () => {
  const shares = simulatedFrostKey(SEED, 'frost-ed25519', 2, 2);
  for (const message of [new Uint8Array(0), new Uint8Array(5000).fill(7)]) {
    const run = simulatedFrostSigning({ seed: SEED, shares, signers: [1, 2], message });
    const { publicKey } = shareOf(shares, 1);
    expect(ed25519.verify(signatureOf(run), message, publicKey, { zip215: false })).toBe(true);
  }
});

test('keys of either parity sign as BIP-340 does, with nonces of either parity', () => {
  for (const [at, shares] of taprootKeys().entries()) {
    for (let seed = 0; seed < 4; seed++) {
      const run = simulatedFrostSigning({
        seed: `${SEED}/${at}/${seed}`,
        shares,
        signers: [1, 3],
        message: SIGHASH,
      });
      const publicKey = xOnly(pointOf(shareOf(shares, 1)));
      expect(schnorr.verify(signatureOf(run), SIGHASH, publicKey)).toBe(true);
    }
  }
});

test('a derived child and its Taproot output sign under their own keys', () => {
  for (const shares of taprootKeys()) {
    const { publicKey, chainCode } = shareOf(shares, 1);
    for (const path of ['m', 'm/0/1', 'm/0/2']) {
      const child = derive(publicKey, chainCode, path);
      const point = decodePoint(child.publicKey) as Point;
      const common = { seed: SEED, shares, signers: [2, 3], message: SIGHASH, tweak: child.tweak };
      const plain = signatureOf(simulatedFrostSigning(common));
      expect(schnorr.verify(plain, SIGHASH, xOnly(point))).toBe(true);
      for (const merkleRoot of [NO_SCRIPTS, sha256(utf8('a script'))]) {
        const spent = signatureOf(simulatedFrostSigning({ ...common, merkleRoot }));
        const { publicKey: output } = taprootOutput(point, merkleRoot);
        expect(schnorr.verify(spent, SIGHASH, output)).toBe(true);
        expect(schnorr.verify(spent, SIGHASH, xOnly(point))).toBe(false);
      }
    }
  }
});

/** What a session's parties sent in one field, by party. */
function sentIn<P extends Element<P>>(
  run: Run<Bytes>,
  group: PrimeGroup<P>,
  round: 1 | 2,
  field: string,
) {
  const { commit, respond } = signRounds(group);
  const layout: Layout = round === 1 ? commit.broadcast : respond.broadcast;
  const { start, end } = placeOf(layout, field);
  return new Map(
    run.sent
      .filter((one) => one.round === round)
      .map((one) => [one.from, (one.received.broadcast as Bytes).slice(start, end)]),
  );
}

/** A run as noble's coordinator would have seen it. */
function transcript<P extends Element<P>>(
  run: Run<Bytes>,
  group: PrimeGroup<P>,
  idOf: (party: PartyId) => string,
) {
  const hiding = sentIn(run, group, 1, 'hiding');
  const binding = sentIn(run, group, 1, 'binding');
  const commitments = [...run.outcomes.keys()].map((party) => ({
    identifier: idOf(party),
    hiding: hiding.get(party) as Bytes,
    binding: binding.get(party) as Bytes,
  }));
  const responses = [...sentIn(run, group, 2, 'response')];
  return {
    commitments,
    responses: Object.fromEntries(responses.map(([party, bytes]) => [idOf(party), bytes])),
  };
}

/** A party's number as the library writes it: the same for every suite but for the byte order. */
const edwardsId = (party: PartyId): string => ed25519_FROST.Identifier.fromNumber(party);
const taprootId = (party: PartyId): string => schnorr_FROST.Identifier.fromNumber(party);

test('noble accepts every share of an Ed25519 session and sums up the same signature', () => {
  const shares = simulatedFrostKey(SEED, 'frost-ed25519', 5, 3);
  const run = simulatedFrostSigning({ seed: SEED, shares, signers: [1, 2, 5], message: MESSAGE });
  const { publicKey, verifyingShares } = shareOf(shares, 1);
  const pub = {
    signers: { min: 3, max: 5 },
    commitments: [publicKey],
    verifyingShares: Object.fromEntries(
      [...verifyingShares].map(([party, point]) => [edwardsId(party), point]),
    ),
  };
  const { commitments, responses } = transcript(run, ED25519, edwardsId);
  for (const [id, response] of Object.entries(responses)) {
    expect(ed25519_FROST.verifyShare(pub, commitments, MESSAGE, id, response)).toBe(true);
  }
  expect(hex(ed25519_FROST.aggregate(pub, commitments, MESSAGE, responses))).toBe(
    hex(signatureOf(run)),
  );
});

test('noble accepts every share of a Taproot session and sums up the same signature', () => {
  for (const shares of taprootKeys()) {
    const own = shareOf(shares, 1);
    const { tweak } = derive(own.publicKey, own.chainCode, 'm/1');
    const key = outputKey(pointOf(own), tweak, NO_SCRIPTS);
    const pub = {
      signers: { min: 2, max: 3 },
      commitments: [SECP256K1.encodePoint(key.publicKey)],
      verifyingShares: Object.fromEntries(
        [...own.verifyingShares].map(([party, point]) => [
          taprootId(party),
          SECP256K1.encodePoint(
            adaptVerifyingShare(FROST_TAPROOT, key, decodePoint(point) as Point),
          ),
        ]),
      ),
    };
    const run = simulatedFrostSigning({
      seed: SEED,
      shares,
      signers: [1, 3],
      message: SIGHASH,
      tweak,
      merkleRoot: NO_SCRIPTS,
    });
    const { commitments, responses } = transcript(run, SECP256K1, taprootId);
    for (const [id, response] of Object.entries(responses)) {
      expect(schnorr_FROST.verifyShare(pub, commitments, SIGHASH, id, response)).toBe(true);
    }
    expect(hex(schnorr_FROST.aggregate(pub, commitments, SIGHASH, responses))).toBe(
      hex(signatureOf(run)),
    );
  }
});

/** The stream of a seed as noble takes it: its argument has a default. */
const nobleRandom = (seed: string) => {
  const random = seededRandom(seed);
  return (size = 32): Bytes => random(size);
};

/** noble and this signer side by side on a dealer's key: the same nonces, shares and signature. */
function compare<P extends Element<P>>(
  suite: Suite<P>,
  noble: typeof ed25519_FROST,
  seed: string,
  message: Bytes,
): void {
  const { group } = suite;
  const dealt = noble.trustedDealer({ min: 2, max: 3 }, undefined, undefined, nobleRandom(seed));
  const parties = [1, 3];
  const publicKey = group.decodePoint(dealt.public.commitments[0] as Bytes) as P;
  const key = plainKey(suite, publicKey, 0n);
  const signers = parties.map((party) => {
    const id = noble.Identifier.fromNumber(party);
    const secret = dealt.secretShares[id] as (typeof dealt.secretShares)[string];
    const theirs = noble.commit(secret, nobleRandom(`${seed}/${party}`));
    const share = group.decodeScalar(secret.signingShare) as bigint;
    const random = seededRandom(`${seed}/${party}`);
    const nonces = {
      hiding: deriveNonce(suite, random(32), share),
      binding: deriveNonce(suite, random(32), share),
    };
    const commitment = {
      party,
      hiding: group.multiplyBase(nonces.hiding),
      binding: group.multiplyBase(nonces.binding),
    };
    expect(group.encodePoint(commitment.hiding)).toEqual(theirs.commitments.hiding);
    expect(group.encodePoint(commitment.binding)).toEqual(theirs.commitments.binding);
    return { party, id, secret, theirs, share, nonces, commitment };
  });
  const list = signers.map((one) => one.theirs.commitments);
  const commitments = signers.map((one) => one.commitment);
  const pack = preparePackage(suite, key.publicKey, message, commitments);
  const responses = signers.map(({ party, secret, theirs, share, nonces }) => {
    const mine = signShare(pack, party, nonces, adaptShare(suite, key, share));
    const expected = noble.signShare(secret, dealt.public, theirs.nonces, list, message);
    expect(hex(group.encodeScalar(mine))).toBe(hex(expected));
    return mine;
  });
  const shares = Object.fromEntries(
    signers.map(({ id }, at) => [id, group.encodeScalar(responses[at] as bigint)]),
  );
  const expected = noble.aggregate(dealt.public, list, message, shares);
  expect(hex(aggregate(pack, responses))).toBe(hex(expected));
}

test.each([0, 1, 2, 3])('dealt key %i gives the shares of noble bit by bit', (at) => {
  compare(FROST_ED25519, ed25519_FROST, `${SEED}/ed25519/${at}`, MESSAGE);
  compare(FROST_TAPROOT, schnorr_FROST, `${SEED}/taproot/${at}`, SIGHASH);
});
