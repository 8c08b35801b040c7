/**
 * A key as a node makes it: key generation, and then a signature by everybody, so that nobody stores a
 * share that does not sign. The steps are numbered in docs/protocols/frost-keygen.md.
 */
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import type { Protocol } from '#signing/kernel.ts';
import { type KeygenParameters, keygen } from '#signing/keygen.ts';
import { digest } from '#signing/transcript.ts';
import type { FrostKeyShare } from './key-share.ts';
import { frostSign } from './sign.ts';
import type { FrostScheme } from './suite.ts';

type FrostKeygenParameters = KeygenParameters & { readonly scheme: FrostScheme };

/** Key generation alone: one party's share. @throws ProtocolAbort */
export function* frostKeygen(p: FrostKeygenParameters): Protocol<FrostKeyShare> {
  return { ...(yield* keygen(p)), scheme: p.scheme };
}

/**
 * What the test signs. It is text, longer than any digest and shorter than a transaction with keys in
 * it, so that its signature serves nowhere: not as a sighash, nor as a message of Solana.
 */
export const testMessage = (context: Bytes, publicKey: Bytes): Bytes =>
  utf8(`countersign test signature ${hex(digest('frost-keygen/test', context, publicKey))}`);

/**
 * One party's part of a key that has signed once.
 * @throws ProtocolAbort
 */
export function* createFrostKey(p: FrostKeygenParameters): Protocol<FrostKeyShare> {
  // Spec 0.1
  const share = yield* frostKeygen(p);
  // Spec 1.1
  const message = testMessage(p.context, share.publicKey);
  // Spec 1.2
  yield* frostSign({
    me: p.me,
    signers: share.parties,
    share,
    message,
    tweak: 0n,
    context: p.context,
    random: p.random,
  });
  return share;
}
