/**
 * Has the nodes withdraw from a payment that is not to be made any more, and shows each what the others have
 * said (docs/adr/0017).
 */
import type { KeyId } from '#core/ids.ts';
import { type Shape, witnessesOf } from '#mandate/quorum.ts';
import type { MandateFields } from '#signer-cluster/proto/open-request.ts';
import { readReceipt } from '#signer-cluster/proto/receipt-fields.ts';
import { askEach, readTexts } from './ask-each.ts';
import type { SignerLink } from './link.ts';
import type { RelayTimeouts } from './relay.ts';

export type ReleaseQuestion = {
  readonly keyId: KeyId;
  readonly mandate: Pick<MandateFields, 'intent' | 'initiator'>;
  /** The intent's hash, in hex. */
  readonly intent: string;
};

/**
 * Whether nobody can sign it any more: so many nodes have checked that and let it go that one of them is honest.
 */
export async function releaseSpend(
  nodes: {
    readonly links: readonly SignerLink[];
    readonly shape: Shape;
    readonly timeouts: RelayTimeouts;
  },
  { keyId, intent, mandate }: ReleaseQuestion,
): Promise<boolean> {
  const { links, shape, timeouts } = nodes;
  const { initiator } = mandate;
  const withdraw = { purpose: 'withdraw', keyId, intent: mandate.intent, initiator } as const;
  const given = await askEach(links, () => withdraw, timeouts);
  const withdrawals = [...readTexts(given.texts, readReceipt).values()];
  const bury = { purpose: 'bury', keyId, intent, withdrawals } as const;
  const { refusals, lost } = await askEach(links, () => bury, timeouts);
  return links.length - refusals.size - lost.length >= witnessesOf(shape);
}
