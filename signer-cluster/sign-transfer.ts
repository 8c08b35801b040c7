/** Signing one transfer, after the evidence was accepted: journal first, then the protocol. */
import type { EcdsaSignature } from '#chains/adapter.ts';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { PartyId, Random } from '#signing/kernel.ts';
import type { Evidence } from './evidence.ts';
import type { Protocols } from './protocols.ts';
import type { ReplayGuard } from './replay-guard.ts';
import type { Session } from './session.ts';
import type { KeyRecord, PairsRecord } from './store.ts';

export type Signing = {
  readonly me: PartyId;
  readonly signers: readonly PartyId[];
  readonly random: Random;
  readonly protocols: Protocols;
  readonly guard: ReplayGuard;
  readonly key: KeyRecord;
  readonly pairs: PairsRecord;
};

/**
 * One signature for each payload of the transaction. The intent is bound to the payloads on disk
 * before the first message of a round leaves this node.
 */
export async function signTransfer(
  session: Session,
  signing: Signing,
  evidence: Evidence,
): Promise<readonly EcdsaSignature[]> {
  requireSamePairs(session);
  const { me, signers, random, protocols, guard, key, pairs } = signing;
  const durable = guard.recordSigning({
    kind: 'sign',
    sid: session.sid,
    key: key.keyId,
    intent: evidence.intentHash,
    digests: evidence.digests.map(hex),
    signers,
  });
  const signatures: EcdsaSignature[] = [];
  for (const [index, digest] of evidence.digests.entries()) {
    const protocol = protocols.sign({
      me,
      parties: signers,
      context: session.context(`sign-${index}`),
      random,
      share: key.share,
      pairs: pairs.pairs,
      digest,
    });
    signatures.push(await session.run(protocol, durable));
  }
  return signatures;
}

/** Secrets of two set-ups do not fit together. That is nobody's offence, and must not look like one. */
function requireSamePairs(session: Session): void {
  const held = [...session.hellos.values()].map(({ pairs, key }) => JSON.stringify([pairs, key]));
  if (held.every((one) => one === held[0])) return;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the nodes hold different set-ups' });
}
