/**
 * A key as a node makes it: key generation, and then a signature by everybody, so that nobody stores a
 * share that does not sign. The last steps of docs/protocols/frost-keygen.md.
 */
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import type { Protocol } from '#signing/kernel.ts';
import { digest } from '#signing/transcript.ts';
import type { FrostKeyShare } from './key-share.ts';
import { type FrostKeygenParameters, frostKeygen } from './keygen.ts';
import { frostSign } from './sign.ts';

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
  const share = yield* frostKeygen(p);
  // Spec 6.1
  const message = testMessage(p.context, share.publicKey);
  // Spec 6.2
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
