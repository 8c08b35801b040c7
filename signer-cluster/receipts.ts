/** What this node signs as a notary, and whose word it takes as one's. */
import { hex } from '#core/bytes.ts';
import { cosignerName, type Witnesses } from '#mandate/checkpoint.ts';
import { quorumOf } from '#mandate/quorum.ts';
import type { CheckedReceipt, Notaries, OwnWord, Receipt, Subject } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { signWith } from './identity.ts';
import { readPosition } from './standing.ts';
import type { Party } from './party.ts';

/** What other nodes rely on about payments: it counts until they hear of the node's next start. */
const NAME_THEIR_START: readonly Subject['kind'][] = ['spend', 'confirmation', 'withdrawal'];

/** Made once what it is about is on the disk. */
export function receiptOf(
  { committee, me, store, starts }: Pick<Party, 'committee' | 'me' | 'store' | 'starts'>,
  subject: Subject,
  own: OwnWord,
): Receipt {
  const sign = (message: Uint8Array) => signWith(store.identity.signing, message);
  const word = NAME_THEIR_START.includes(subject.kind) ? { ...own, ...starts.word() } : own;
  return makeReceipt({ committee: hex(committee.hash), party: me, sign }, subject, word);
}

/** Whose cosignatures count on a checkpoint, and how many, by the committee's own record and the node's mode. */
export const witnessesOf = ({ committee, mode }: Pick<Party, 'committee' | 'mode'>): Witnesses => ({
  cosigners: committee.members.map(({ party, identity }) => ({
    name: cosignerName(party),
    publicKey: identity,
  })),
  quorum: quorumOf({ threshold: committee.threshold, members: committee.members.length, mode }),
});

/** Where the journals of those were who gave them. */
export const placesIn = (receipts: readonly CheckedReceipt[]) =>
  receipts.flatMap(({ party, own }) => {
    const place = readPosition(own['journal']);
    return place === undefined ? [] : [{ party, ...place }];
  });

/** Whose word about a start counts: also that of those who have left. */
export function everybody(party: Pick<Party, 'committee'>): Notaries {
  const { members, retired } = party.committee;
  const all = [...members, ...retired];
  const keys = new Map(all.map(({ party: one, identity }) => [one, identity]));
  return { ...notariesOf(party), members: all.length, keys };
}

/** Whose receipts count for its committee. */
export const notariesOf = ({ committee }: Pick<Party, 'committee'>): Notaries => ({
  threshold: committee.threshold,
  members: committee.members.length,
  committee: hex(committee.hash),
  keys: new Map(committee.members.map(({ party, identity }) => [party, identity])),
});
