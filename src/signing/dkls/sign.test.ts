import { createHash, createPublicKey, verify } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { SigningKey, hexlify } from 'ethers';
import { expect, test } from 'vitest';
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { ORDER, parseInteger } from '#signing/curve.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import { outputsOf } from '#signing/simulator.ts';
import { simulatedCommittee, simulatedSigning } from '#signing/simulated-committee.ts';

const SEED = 'sign.test';

const sha256 = (bytes: Bytes): Bytes => createHash('sha256').update(bytes).digest();

/** node:crypto hashes by itself, so it is given the message, and it takes only SPKI keys. */
function nodeVerifies(message: Bytes, signature: Bytes, publicKey: Bytes): boolean {
  const prefix = Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex');
  const key = createPublicKey({
    key: Buffer.concat([prefix, publicKey]),
    format: 'der',
    type: 'spki',
  });
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function expectGenuine(signature: EcdsaSignature, message: Bytes, publicKey: Bytes): void {
  const compact = concat(signature.r, signature.s);
  const digest = sha256(message);
  expect(secp256k1.verify(compact, digest, publicKey, { prehash: false, lowS: true })).toBe(true);
  expect(nodeVerifies(message, compact, publicKey)).toBe(true);
  expect(parseInteger(signature.s) <= ORDER / 2n).toBe(true);
  const recovered = SigningKey.recoverPublicKey(digest, {
    r: hexlify(signature.r),
    s: hexlify(signature.s),
    yParity: (signature.recovery & 1) as 0 | 1,
  });
  expect(SigningKey.computePublicKey(recovered, true)).toBe(hexlify(publicKey));
}

test.each([
  [2, 2, [1, 2], 12],
  [2, 3, [1, 2], 4],
  [2, 3, [1, 3], 4],
  [2, 3, [2, 3], 4],
  [2, 3, [1, 2, 3], 4],
  [3, 5, [1, 2, 3], 2],
  [3, 5, [1, 4, 5], 2],
  [3, 5, [1, 2, 3, 4, 5], 1],
  [5, 9, [1, 3, 5, 7, 9], 1],
])(
  '%i of %i: the signatures of signers %j verify everywhere and recover the key',
  (threshold, count, signers, repetitions) => {
    const committee = simulatedCommittee(SEED, count, threshold);
    for (let i = 0; i < repetitions; i++) {
      const message = utf8(`message ${i} of ${signers.join()}`);
      const seed = `${SEED}/${threshold}/${count}/${signers.join()}/${i}`;
      const run = simulatedSigning({ seed, committee, signers, digest: sha256(message) });
      const signatures = [...outputsOf(run).values()];
      for (const signature of signatures) expect(signature).toEqual(signatures[0]);
      const { publicKey } = [...committee.shares.values()][0] as { publicKey: Bytes };
      expectGenuine(signatures[0] as EcdsaSignature, message, publicKey);
    }
  },
);
