import { describe, expect, test } from 'vitest';
import { type Bytes, concat } from '#core/bytes.ts';
import { decodeKeyShare } from '#signing/key-share.ts';
import { flipBit } from '#signing/simulator.ts';
import { type FrostKeyShare, decodeFrostKeyShare, encodeFrostKeyShare } from './key-share.ts';
import { simulatedFrostKey } from './simulated-keys.ts';
import { FROST_SCHEMES } from './suite.ts';

const SEED = 'frost/key-share.test';

const at = (index: number, value: number) => (bytes: Bytes) => {
  const copy = Uint8Array.from(bytes);
  copy[index] = value;
  return copy;
};

/** The first two of three members, of this size each, change places. */
function swapMembers(bytes: Bytes, member: number): Bytes {
  const first = bytes.length - 3 * member;
  return concat(
    bytes.subarray(0, first),
    bytes.subarray(first + member, first + 2 * member),
    bytes.subarray(first, first + member),
    bytes.subarray(first + 2 * member),
  );
}

describe.each(FROST_SCHEMES)('%s', (scheme) => {
  const share = simulatedFrostKey(SEED, scheme, 3, 2).get(2) as FrostKeyShare;
  const encoded = encodeFrostKeyShare(share);

  test('a share survives its encoding, which has at most 1 KB', () => {
    expect(decodeFrostKeyShare(encoded)).toEqual(share);
    expect(encodeFrostKeyShare(decodeFrostKeyShare(encoded))).toEqual(encoded);
    expect(encoded.length).toBeLessThanOrEqual(1024);
  });

  test.each<[string, (bytes: Bytes) => Bytes, RegExp]>([
    ['nothing', () => new Uint8Array(0), /length/],
    ['one byte less', (bytes) => bytes.subarray(0, -1), /length/],
    ['a trailing byte', (bytes) => Uint8Array.of(...bytes, 0), /length/],
    ['another version', at(0, 2), /version/],
    ['another kind', at(1, 0x4b), /kind/],
    ['another scheme', at(2, 7), /scheme/],
    ['another party', at(4, 3), /secret/],
    ['a stranger', at(4, 9), /secret/],
    ['a threshold of one', at(6, 1), /threshold/],
    ['a threshold above n', at(6, 4), /threshold/],
    ['more members', at(8, 4), /length/],
    [
      'members in another order',
      (bytes) => swapMembers(bytes, 2 + share.publicKey.length),
      /member/,
    ],
    ['another secret', (bytes) => flipBit(bytes, 9 * 8 + 3), /secret/],
    ['another verifying share', (bytes) => flipBit(bytes, 8 * (encoded.length - 40)), /secret/],
  ])('%s is not a share', (_, change, reason) => {
    expect(() => decodeFrostKeyShare(change(encoded))).toThrow(reason);
  });

  test('it is not taken for a share of an ECDSA key', () => {
    expect(() => decodeKeyShare(encoded)).toThrow(/version or kind/);
  });
});

test('a share of one scheme is not read as one of the other', () => {
  const edwards = simulatedFrostKey(SEED, 'frost-ed25519', 3, 2).get(1) as FrostKeyShare;
  const bytes = encodeFrostKeyShare(edwards);
  bytes[2] = 1;
  expect(() => decodeFrostKeyShare(bytes)).toThrow(/length/);
});
