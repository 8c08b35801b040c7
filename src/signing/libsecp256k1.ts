/**
 * Group arithmetic by libsecp256k1 through the package `secp256k1`. Which of its functions run in
 * constant time was read in its C sources: `publicKeyCreate` is secp256k1_ecmult_gen, `ecdh` is
 * secp256k1_ecmult_const; `publicKeyTweakMul` and `ecdsaVerify` are secp256k1_ecmult, which is not.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import type { Group } from './group.ts';

export type Bindings = typeof import('secp256k1');

const UNCOMPRESSED = Uint8Array.of(4);
const POINT_BYTES = 65;

/** In place of a hash: the product itself. */
const product = { hashfn: (x: Bytes, y: Bytes): Bytes => concat(UNCOMPRESSED, x, y) };

/** What the package throws where points add up to the identity, and where bytes are no point. */
const NO_SUM = 'The sum of the public keys is not valid';
const NO_POINT = 'Public Key could not be parsed';

/** What `compute` gives, or undefined where it throws the one error that is an answer. */
function unless(answer: string, compute: () => Bytes): Bytes | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Error && error.message === answer) return undefined;
    throw error;
  }
}

export const libsecp256k1 = (native: Bindings): Group => ({
  name: 'libsecp256k1',
  multiplyBase: (secret) => native.publicKeyCreate(secret, false),
  multiply: (point, secret) => native.ecdh(point, secret, product, new Uint8Array(POINT_BYTES)),
  multiplyPublic: (point, scalar) => native.publicKeyTweakMul(point, scalar, false),
  add: (points) => unless(NO_SUM, () => native.publicKeyCombine([...points], false)),
  negate: (point) => native.publicKeyNegate(point, false),
  decompress: (bytes) => unless(NO_POINT, () => native.publicKeyConvert(bytes, false)),
  verify: (signature, digest, publicKey) => native.ecdsaVerify(signature, digest, publicKey),
  blind: (seed) => native.contextRandomize(seed),
});
