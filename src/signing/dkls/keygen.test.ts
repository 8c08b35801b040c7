import { expect, test } from 'vitest';
import { utf8 } from '#core/bytes.ts';
import {
  decodePoint,
  encodePoint,
  lagrange,
  mod,
  multiplyBase,
  type Point,
} from '#signing/curve.ts';
import { outputsOf, simulate } from '#signing/simulator.ts';
import { keygen } from './keygen.ts';

const generate = (seed: string, count: number, threshold: number) => {
  const parties = Array.from({ length: count }, (_, at) => at + 1);
  return outputsOf(
    simulate({
      seed,
      parties,
      start: (me, random) =>
        keygen({ me, parties, threshold, context: utf8('keygen test'), random }),
    }),
  );
};

test.each([
  [2, 2],
  [2, 3],
  [3, 5],
])('%i of %i shares interpolate to one key that all parties name', (threshold, count) => {
  const shares = [...generate(`keygen ${threshold} of ${count}`, count, threshold).values()];
  const set = shares.slice(-threshold);
  const key = mod(
    set.reduce(
      (sum, share) =>
        sum +
        lagrange(
          share.party,
          set.map((one) => one.party),
        ) *
          share.secret,
      0n,
    ),
  );
  for (const share of shares) {
    expect(share.publicKey).toEqual(encodePoint(multiplyBase(key)));
    expect(share.chainCode).toEqual(shares[0]?.chainCode);
    expect(share.verifyingShares).toEqual(shares[0]?.verifyingShares);
    const verifying = decodePoint(share.verifyingShares.get(share.party) as Uint8Array) as Point;
    expect(multiplyBase(share.secret).equals(verifying)).toBe(true);
  }
});
