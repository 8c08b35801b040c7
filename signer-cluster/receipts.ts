/** What this node signs as a notary, and whose word it takes as one's. */
import { hex } from '#core/bytes.ts';
import { cosignerName, type Witnesses } from '#mandate/checkpoint.ts';
import { quorumOf } from '#mandate/quorum.ts';
import type { Notaries, OwnWord, Receipt, Subject } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { signWith } from './identity.ts';
import type { Party } from './party.ts';

/** Made once what it is about is on the disk. */
export function receiptOf(
  { committee, me, store }: Pick<Party, 'committee' | 'me' | 'store'>,
  subject: Subject,
  own: OwnWord,
): Receipt {
  const sign = (message: Uint8Array) => signWith(store.identity.signing, message);
  return makeReceipt({ committee: hex(committee.hash), party: me, sign }, subject, own);
}

/** Whose cosignatures count on a checkpoint, and how many, by the committee's own record and the node's mode. */
export const witnessesOf = ({ committee, mode }: Pick<Party, 'committee' | 'mode'>): Witnesses => ({
  cosigners: committee.members.map(({ party, identity }) => ({
    name: cosignerName(party),
    publicKey: identity,
  })),
  quorum: quorumOf({ threshold: committee.threshold, members: committee.members.length, mode }),
});

/** Whose receipts count for its committee. */
export const notariesOf = ({ committee }: Pick<Party, 'committee'>): Notaries => ({
  threshold: committee.threshold,
  members: committee.members.length,
  committee: hex(committee.hash),
  keys: new Map(committee.members.map(({ party, identity }) => [party, identity])),
});
