/**
 * Receipts: what a node signs once it has something in writing, and how whoever relies on it checks
 * that. A receipt of a node is worth its word; a quorum of them is worth an honest node's
 * (`quorum.ts`).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { isPlatformError } from '#core/errors.ts';
import { requireQuorum, witnessesOf } from './quorum.ts';
import {
  type CheckedReceipt,
  type Notaries,
  type OwnWord,
  type Receipt,
  type Subject,
  readReceipt,
  receiptText,
  refusedReceipt,
} from './receipt-text.ts';
import { isEd25519Signed } from './verified-signature.ts';

/** A node's signature, 64 bytes. */
export type SignAsNode = (message: Bytes) => Bytes;

export function makeReceipt(
  node: { readonly committee: string; readonly party: number; readonly sign: SignAsNode },
  subject: Subject,
  own: OwnWord = {},
): Receipt {
  const { committee, party } = node;
  const statement = receiptText(committee, party, subject, own);
  return { statement, signature: hex(node.sign(utf8(statement))) };
}

/** Names exactly this set of receipts, in whatever order they are held: 32 bytes in hex. */
export const receiptsHash = (receipts: readonly Receipt[]): string =>
  hex(sha256(utf8(canonicalText(receipts.map(({ statement }) => statement).toSorted()))));

/**
 * Checks that the receipt is of a member and about exactly this subject.
 * @throws EVIDENCE_REJECTED with the field `receipts`
 */
export function checkReceipt(
  receipt: Receipt,
  subject: Subject,
  notaries: Notaries,
): CheckedReceipt {
  const { party, own, key, message, signature } = readReceipt(receipt, subject, notaries);
  if (isEd25519Signed(key, message, signature)) return { party, own };
  throw refusedReceipt(`it was not signed by party ${party}`);
}

/**
 * Those that hold. One that does not is worth nothing, and takes nothing from the others: otherwise a single
 * corrupted node could stop every payment by a bad one.
 */
export function soundReceipts(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): readonly CheckedReceipt[] {
  // More than one of each node says nothing more, and costs a signature's check each.
  return receipts.slice(0, notaries.members).flatMap((receipt) => {
    try {
      return [checkReceipt(receipt, subject, notaries)];
    } catch (error) {
      if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
      return [];
    }
  });
}

/**
 * Those that hold, when a quorum of nodes has given them.
 * @throws SIGNERS_UNAVAILABLE when there are too few
 */
export function requireReceipts(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): readonly CheckedReceipt[] {
  const sound = soundReceipts(receipts, subject, notaries);
  requireQuorum(
    notaries,
    sound.map(({ party }) => party),
    'receipts',
  );
  return sound;
}

/**
 * Of those that hold there must be enough that an honest node has given one.
 * @throws EVIDENCE_REJECTED with the field `receipts`
 */
export function requireWitnesses(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): void {
  if (areWitnesses(receipts, subject, notaries)) return;
  throw refusedReceipt('too few nodes have given one');
}

/** Whether of those that hold there are enough that an honest node has given one. */
export function areWitnesses(
  receipts: readonly Receipt[],
  subject: Subject,
  notaries: Notaries,
): boolean {
  const parties = soundReceipts(receipts, subject, notaries).map(({ party }) => party);
  return new Set(parties).size >= witnessesOf(notaries);
}
