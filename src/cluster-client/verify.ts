/** The last look at a signature before it is released. */
import { createPublicKey, verify } from 'node:crypto';
import type { EcdsaSignature, Payload, Signature } from '#chains/adapter.ts';
import { type Bytes, base64url } from '#core/bytes.ts';
import {
  ORDER,
  decodePoint,
  decodeScalar,
  invertPublic,
  mod,
  multiplyBasePublic,
  multiplyPublic,
  parseInteger,
  sumPoints,
} from '#signing/curve.ts';

/** By the curve of the key: 33 bytes are secp256k1's, 32 are ed25519's. */
export function isSignedBy(publicKey: Bytes, payload: Payload, signature: Signature): boolean {
  return 'bytes' in signature
    ? publicKey.length === 32 && isEd25519By(publicKey, payload, signature.bytes)
    : isEcdsaBy(publicKey, payload.digest, signature);
}

/**
 * Whether r, s and the recovery number lead from this digest to exactly this key, with s in the lower
 * half (BIP-62 rule 5): the point that verification computes (SEC 1, 4.1.4) is the one that they name.
 */
function isEcdsaBy(publicKey: Bytes, digest: Bytes, { r, s, recovery }: EcdsaSignature): boolean {
  const key = decodePoint(publicKey);
  const [numberR, numberS] = [decodeScalar(r), decodeScalar(s)];
  if (key === undefined || numberR === undefined || numberS === undefined) return false;
  if (numberS > ORDER >> 1n) return false;
  const inverse = invertPublic(numberS);
  const nonce = sumPoints([
    multiplyBasePublic(mod(mod(parseInteger(digest)) * inverse)),
    multiplyPublic(key, mod(numberR * inverse)),
  ]);
  if (nonce.is0()) return false;
  const x = parseInteger(nonce.bytes.subarray(1, 33));
  const parity = (nonce.bytes.at(-1) as number) & 1;
  return mod(x) === numberR && recovery === (x >= ORDER ? 2 : 0) + parity;
}

/** RFC 8032, over the message itself. */
function isEd25519By(publicKey: Bytes, { message }: Payload, signature: Bytes): boolean {
  if (message === undefined || signature.length !== 64) return false;
  const key = { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) };
  return verify(null, message, createPublicKey({ key, format: 'jwk' }), signature);
}
