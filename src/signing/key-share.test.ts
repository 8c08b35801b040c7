import { expect, test } from 'vitest';
import { concat } from '#core/bytes.ts';
import { ORDER, encodeScalar } from './curve.ts';
import { type KeyShare, decodeKeyShare, encodeKeyShare } from './key-share.ts';
import { decodePairSecrets, encodePairSecrets } from './pair-secrets.ts';
import { seededRandom } from './simulator.ts';
import { simulatedKeys } from './simulated-committee.ts';

const share = simulatedKeys('key-share.test', 3, 2).get(2) as KeyShare;
const encoded = encodeKeyShare(share);
const random = seededRandom('key-share.test');
const pair = {
  party: 1,
  peer: 3,
  pairId: random(32),
  zeroSeed: random(32),
  asSender: { delta: random(16), seeds: random(4096) },
  asReceiver: { seeds: random(8192) },
};
const encodedPair = encodePairSecrets(pair);

const put = (bytes: Uint8Array, at: number, ...values: number[]): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
};

test('a key share survives its encoding', () => {
  expect(decodeKeyShare(encoded)).toEqual(share);
});

test('a share decodes from a view into a larger buffer', () => {
  const larger = concat(Uint8Array.of(9, 9, 9), encoded);
  expect(decodeKeyShare(larger.subarray(3))).toEqual(share);
});

test.each([
  ['no bytes', new Uint8Array(0)],
  ['a missing byte', encoded.subarray(0, -1)],
  ['a trailing byte', concat(encoded, Uint8Array.of(0))],
  ['another version', put(encoded, 0, 2)],
  ['another kind', put(encoded, 1, 0x50)],
  ['another party, whose secret this is not', put(encoded, 2, 0, 1)],
  ['a party that is no member', put(encoded, 2, 0, 9)],
  ['a threshold of one', put(encoded, 4, 0, 1)],
  ['a threshold above n', put(encoded, 4, 0, 4)],
  ['more members than there are', put(encoded, 6, 0, 4)],
  ['a secret of zero', put(encoded, 8, ...encodeScalar(0n))],
  ['a secret of q', put(encoded, 8, ...encodeScalar(ORDER))],
  ['another secret', put(encoded, 8, ...encodeScalar(5n))],
  ['a public key that is no point', put(encoded, 40, 5)],
  ['members out of order', put(encoded, 105, 0, 9)],
  ['a verifying share that is no point', put(encoded, 107, 5)],
])('decodeKeyShare refuses %s', (_, bytes) => {
  expect(() => decodeKeyShare(bytes)).toThrow(/not a key share/);
});

test('the secrets of a pair survive their encoding', () => {
  expect(decodePairSecrets(encodedPair)).toEqual(pair);
});

test.each([
  ['no bytes', new Uint8Array(0)],
  ['a missing byte', encodedPair.subarray(0, -1)],
  ['a trailing byte', concat(encodedPair, Uint8Array.of(0))],
  ['another version', put(encodedPair, 0, 2)],
  ['another kind', put(encodedPair, 1, 0x4b)],
  ['party zero', put(encodedPair, 2, 0, 0)],
  ['peer zero', put(encodedPair, 4, 0, 0)],
  ['a pair with itself', put(encodedPair, 4, 0, 1)],
])('decodePairSecrets refuses %s', (_, bytes) => {
  expect(() => decodePairSecrets(bytes)).toThrow(/not the secrets of a pair/);
});
