import { expect, test } from 'vitest';
import { multiplyBase } from '#signing/curve.ts';
import type { Presignature } from './presign.ts';
import { decodePresignature, encodePresignature } from './presignature.ts';

const presignature: Presignature = {
  id: new Uint8Array(32).fill(7),
  party: 3,
  signers: [1, 3, 258],
  publicKey: new Uint8Array(33).fill(2),
  nonce: multiplyBase(5n),
  phi: 1n,
  u: 2n ** 250n,
  v: 0n,
};

test('a presignature comes back as it was', () => {
  expect(decodePresignature(encodePresignature(presignature))).toEqual(presignature);
});

test('bytes of another length are none', () => {
  const bytes = encodePresignature(presignature);
  for (const wrong of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0), new Uint8Array()]) {
    expect(() => decodePresignature(wrong)).toThrow(RangeError);
  }
});
