/** Whose receipts hold, for a client that has the nodes' keys and nothing else. Safe in a browser. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { isPlatformError } from '#core/errors.ts';
import { type NodeKeys, type Receipt, type Subject, readReceipt } from './receipt-text.ts';

/** The members that have given a receipt about exactly this subject, each counted once. */
export const soundParties = (
  receipts: readonly Receipt[],
  subject: Subject,
  nodes: NodeKeys,
): ReadonlySet<number> =>
  new Set(
    receipts
      .slice(0, nodes.members)
      .flatMap((receipt) => (isSound(receipt, subject, nodes) ? [partyIn(receipt)] : [])),
  );

/** The keys say whose receipt it is; which committee the nodes name is theirs to know. */
function isSound(receipt: Receipt, subject: Subject, nodes: NodeKeys): boolean {
  const { committee } = fieldsOf(receipt.statement);
  try {
    const notaries = { ...nodes, committee: typeof committee === 'string' ? committee : '' };
    const { key, message, signature } = readReceipt(receipt, subject, notaries);
    return signature.length === 64 && ed25519.verify(signature, message, key, { zip215: false });
  } catch (error) {
    if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
    return false;
  }
}

const partyIn = ({ statement }: Receipt): number => Number(fieldsOf(statement)['party']);

/** Of the text of an object; none of anything else. Nothing of it is believed yet. */
export function fieldsOf(text: string): { readonly [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Text that is no JSON says nothing of what is looked for.
    return {};
  }
}
