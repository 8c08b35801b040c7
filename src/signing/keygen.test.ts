import { ed25519_FROST } from '@noble/curves/ed25519.js';
import { schnorr_FROST } from '@noble/curves/secp256k1.js';
import { expect, test } from 'vitest';

import { type Bytes, utf8 } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import { xOnly } from './bip340.ts';
import { type Point, decodePoint } from './curve.ts';
import {
  type Element,
  ED25519,
  type PrimeGroup,
  SECP256K1,
  coefficientAtZero,
  reduce,
} from './prime-group.ts';
import { outputsOf, simulate } from './simulator.ts';
import type { KeyShare } from './key-share.ts';
import { keygen } from './keygen.ts';

function generate(scheme: Scheme, count: number, threshold: number): KeyShare[] {
  const parties = Array.from({ length: count }, (_, at) => at + 1);
  const context = utf8('keygen test');
  const seed = `${scheme} ${threshold} of ${count}`;
  const start = (me: number, random: (size: number) => Bytes) =>
    keygen({ scheme, me, parties, threshold, context, random });
  return [...outputsOf(simulate({ seed, parties, start })).values()];
}

/** The key itself, which exists in this test only. */
function combine<P extends Element<P>>(group: PrimeGroup<P>, shares: readonly KeyShare[]): bigint {
  const set = shares.map((one) => one.party);
  const sum = shares.reduce(
    (total, share) => total + coefficientAtZero(group, share.party, set) * share.secret,
    0n,
  );
  return reduce(group, sum);
}

function expectOneKey<P extends Element<P>>(
  group: PrimeGroup<P>,
  shares: readonly KeyShare[],
  threshold: number,
): void {
  const [first, last] = [shares.slice(0, threshold), shares.slice(-threshold)];
  const key = combine(group, first);
  expect(combine(group, last)).toBe(key);
  expect(combine(group, first.slice(1))).not.toBe(key);
  for (const share of shares) {
    expect(share.publicKey).toEqual(group.encodePoint(group.multiplyBase(key)));
    expect(share.chainCode).toEqual(shares[0]?.chainCode);
    expect(share.verifyingShares).toEqual(shares[0]?.verifyingShares);
    expect(share.verifyingShares.get(share.party)).toEqual(
      group.encodePoint(group.multiplyBase(share.secret)),
    );
  }
}

test.each([
  [2, 2],
  [2, 3],
  [3, 5],
])('%i of %i shares interpolate to one key that all parties name', (threshold, count) => {
  expectOneKey(ED25519, generate('frost-ed25519', count, threshold), threshold);
  expectOneKey(SECP256K1, generate('ecdsa-secp256k1', count, threshold), threshold);
});

/** noble alone signs with these shares. */
function signWithNoble<P extends Element<P>>(
  noble: typeof ed25519_FROST,
  shares: readonly KeyShare[],
  group: PrimeGroup<P>,
  message: Bytes,
): Bytes {
  const idOf = (party: number) => noble.Identifier.fromNumber(party);
  const { publicKey, verifyingShares, threshold, parties } = shares[0] as KeyShare;
  const pub = {
    signers: { min: threshold, max: parties.length },
    commitments: [publicKey],
    verifyingShares: Object.fromEntries(
      [...verifyingShares].map(([party, point]) => [idOf(party), point]),
    ),
  };
  const signers = shares.slice(0, threshold).map((share) => {
    const secret = {
      identifier: idOf(share.party),
      signingShare: group.encodeScalar(share.secret),
    };
    return { secret, ...noble.commit(secret) };
  });
  const list = signers.map((one) => one.commitments);
  const responses = signers.map(({ secret, nonces }) => [
    secret.identifier,
    noble.signShare(secret, pub, nonces, list, message),
  ]);
  return noble.aggregate(pub, list, message, Object.fromEntries(responses));
}

test('noble signs with the shares of either scheme', () => {
  const message = utf8('a message of thirty-two bytes...');
  const edwards = generate('frost-ed25519', 3, 2);
  const signature = signWithNoble(ed25519_FROST, edwards, ED25519, message);
  const { publicKey } = edwards[0] as KeyShare;
  expect(ed25519_FROST.verify(signature, message, publicKey)).toBe(true);

  const koblitz = generate('frost-secp256k1', 3, 2);
  const taproot = signWithNoble(schnorr_FROST, koblitz, SECP256K1, message);
  const key = xOnly(decodePoint((koblitz[0] as KeyShare).publicKey) as Point);
  expect(schnorr_FROST.verify(taproot, message, key)).toBe(true);
});
