/** The last look at a signature before it is released. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { EcdsaSignature } from '#chains/adapter.ts';
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';

/**
 * Whether r, s and the recovery number lead from this digest to exactly this key, with s in the lower
 * half (BIP-62 rule 5). Recovery finds the key under which the signature verifies (SEC 1, 4.1.6).
 */
export function isSignedBy(
  publicKey: Bytes,
  digest: Bytes,
  { r, s, recovery }: EcdsaSignature,
): boolean {
  if (recovery < 0 || recovery > 3) return false;
  try {
    const signature = secp256k1.Signature.fromBytes(concat(r, s)).addRecoveryBit(recovery);
    if (signature.hasHighS()) return false;
    return equalBytes(signature.recoverPublicKey(digest).toBytes(true), publicKey);
  } catch {
    // noble says no by throwing: a number out of range, or no point with this x.
    return false;
  }
}
