/**
 * Signatures that show that new shares sign, before the old ones are given up: enough sets to cover
 * every node, each over a digest that every node makes by itself from the session and that is no hash
 * of any transaction.
 */
import type { Bytes } from '#core/bytes.ts';
import { canonicalBytes, hashOf } from '#core/canonical.ts';
import type { Scheme } from '#core/scheme.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Session } from './session.ts';
import type { Perform } from './tasks.ts';

/** ceil(n / size) sets of this size, each party in at least one; all ascending. */
export function coveringSets(
  parties: readonly PartyId[],
  size: number,
): readonly (readonly PartyId[])[] {
  const sets: PartyId[][] = [];
  for (let at = 0; at < parties.length; at += size) {
    const from = Math.min(at, parties.length - size);
    sets.push(parties.slice(from, from + size));
  }
  return sets;
}

export type TestedKey = {
  readonly me: PartyId;
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  readonly scheme: Scheme;
  /** Nothing for a party that will hold no share. */
  readonly share: Bytes | undefined;
  readonly pairs: ReadonlyMap<PartyId, Bytes>;
};

/** Every party of the session takes part. @throws ProtocolAbort when a signature does not verify */
export async function testSignatures(
  session: Session,
  perform: Perform,
  key: TestedKey,
): Promise<void> {
  const { me, scheme, share, pairs } = key;
  for (const [index, signers] of coveringSets(key.parties, key.threshold).entries()) {
    const about = { domain: 'countersign/test-signature/v1', sid: session.sid, index };
    const context = session.context(`test-signature-${index}`);
    await session.run(
      perform('testSignature', {
        scheme,
        me,
        parties: signers,
        context,
        pairs,
        payload: { digest: hashOf(about), message: canonicalBytes(about) },
        tweak: 0n,
        ...(share === undefined ? {} : { share }),
      }),
    );
  }
}
