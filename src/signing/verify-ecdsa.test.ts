/** What the ECDSA verifier accepts, against Wycheproof: by libsecp256k1 and by noble. */
import { hash } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, test } from 'vitest';
import { parseHex } from '#core/bytes.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import { ORDER, decodeScalar, parseInteger, verifyEcdsa } from './curve.ts';
import { nobleGroup } from './noble-group.ts';

type Vectors = {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
};

describe.skipIf(vectorsMissing !== '')(`vectors of Wycheproof, ECDSA${vectorsMissing}`, () => {
  test('every signature is judged as published, except that a high s is refused', () => {
    const file = 'wycheproof/ecdsa_secp256k1_sha256_p1363_test.json';
    const { testGroups } = JSON.parse(readVectors(file)) as Vectors;
    let judged = 0;
    for (const { publicKey, tests } of testGroups) {
      const key = secp256k1.Point.fromHex(publicKey.uncompressed).toBytes(true);
      for (const { tcId, msg, sig, result } of tests) {
        const signature = parseHex(sig);
        const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
        const digest = Uint8Array.from(hash('sha256', parseHex(msg), 'buffer'));
        const expected = result === 'valid' && parseInteger(s) <= ORDER / 2n;
        expect(`${tcId}: ${verifyEcdsa(r, s, digest, key)}`).toBe(`${tcId}: ${expected}`);
        if (decodeScalar(r) !== undefined && decodeScalar(s) !== undefined) {
          const byNoble = nobleGroup.verify(signature, digest, key);
          expect(`${tcId}: ${byNoble}`).toBe(`${tcId}: ${expected}`);
        }
        judged += 1;
      }
    }
    expect(judged).toBe(252);
  });
});
