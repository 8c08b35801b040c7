/** What the ECDSA verifiers accept, against Wycheproof. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, test } from 'vitest';
import { type Bytes, parseHex } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import { ORDER, decodeScalar, parseInteger, verifyEcdsa } from './curve.ts';
import { nobleGroup } from './noble-group.ts';

type Case = {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: string;
};

type Vectors = {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly Case[];
  }[];
};

function* cases(file: string): Generator<Case & { readonly key: Bytes }> {
  const { testGroups } = JSON.parse(readVectors(`wycheproof/${file}`)) as Vectors;
  for (const { publicKey, tests } of testGroups) {
    const point = secp256k1.Point.fromBytes(parseHex(publicKey.uncompressed));
    for (const one of tests) yield { ...one, key: point.toBytes(true) };
  }
}

const judge = (key: Bytes, message: Bytes, signature: Bytes): boolean => {
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  const isValid = verifyEcdsa(r, s, sha256(message), key);
  // On a platform without libsecp256k1 noble judges what has the form of a signature.
  if (decodeScalar(r) !== undefined && decodeScalar(s) !== undefined) {
    expect(nobleGroup.verify(signature, sha256(message), key)).toBe(isValid);
  }
  return isValid;
};

describe.skipIf(vectorsMissing !== '')(`vectors of Wycheproof, ECDSA${vectorsMissing}`, () => {
  test('a signature of r and s is valid where it is published as such and s is low', () => {
    let judged = 0;
    for (const { tcId, key, msg, sig, result } of cases('ecdsa_secp256k1_sha256_p1363_test.json')) {
      const signature = parseHex(sig);
      const isLow = parseInteger(signature.subarray(32)) <= ORDER >> 1n;
      const expected = result === 'valid' && isLow;
      expect(`${tcId}: ${judge(key, parseHex(msg), signature)}`).toBe(`${tcId}: ${expected}`);
      judged += 1;
    }
    expect(judged).toBe(252);
  });

  test('the numbers of a signature in the form of Bitcoin are judged as published', () => {
    let judged = 0;
    for (const { tcId, key, msg, sig, result } of cases(
      'ecdsa_secp256k1_sha256_bitcoin_test.json',
    )) {
      const numbers = fromDer(parseHex(sig));
      if (numbers === undefined) {
        expect(`${tcId}: ${result}`).toBe(`${tcId}: invalid`);
        continue;
      }
      const isValid = judge(key, parseHex(msg), numbers);
      expect(`${tcId}: ${isValid ? 'valid' : 'invalid'}`).toBe(`${tcId}: ${result}`);
      judged += 1;
    }
    expect(judged).toBe(181);
  });
});

/** r and s, 32 bytes each, of a strict DER signature; the protocols never write DER. */
function fromDer(bytes: Bytes): Bytes | undefined {
  try {
    return secp256k1.Signature.fromBytes(bytes, 'der').toBytes('compact');
  } catch {
    // noble refuses a spelling that is not strict DER, and numbers of more than 32 bytes.
    return undefined;
  }
}
