/** Whether a key made a signature: the last look before one is released, and an auditor's later on. */
import type { Bytes } from '#core/bytes.ts';
import { verify340 } from './bip340.ts';
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
} from './curve.ts';
import { verifyEd25519 } from './frost/suite.ts';
import { taprootOutput } from './taproot.ts';

const ED25519_KEY_BYTES = 32;

/** What is signed: its digest, or the message itself where the scheme hashes it. */
type Signable = { readonly digest: Bytes; readonly message?: Bytes };
type RecoverableSignature = { readonly r: Bytes; readonly s: Bytes; readonly recovery: number };
type AnySignature = RecoverableSignature | { readonly bytes: Bytes };

/**
 * Whether the key made the signature, by what both are: r and s with a recovery number are ECDSA's; 64
 * bytes are Ed25519's over the message itself, or Taproot's over the digest where the key has 33.
 */
export function isSignedBy(publicKey: Bytes, payload: Signable, signature: AnySignature): boolean {
  const { digest, message } = payload;
  if (!('bytes' in signature)) return isEcdsaBy(publicKey, digest, signature);
  if (publicKey.length !== ED25519_KEY_BYTES) {
    return isTaprootBy(publicKey, digest, signature.bytes);
  }
  return message !== undefined && verifyEd25519(publicKey, message, signature.bytes);
}

/**
 * Whether r, s and the recovery number lead from this digest to exactly this key, with s in the lower
 * half (BIP-62 rule 5): the point that verification computes (SEC 1, 4.1.4) is the one that they name.
 */
function isEcdsaBy(
  publicKey: Bytes,
  digest: Bytes,
  { r, s, recovery }: RecoverableSignature,
): boolean {
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

/** BIP-340, under the output that the wallet's key alone can spend (BIP-86). */
function isTaprootBy(publicKey: Bytes, digest: Bytes, signature: Bytes): boolean {
  const key = decodePoint(publicKey);
  return key !== undefined && verify340(taprootOutput(key).publicKey, digest, signature);
}
