/** Receipts and confirmations as they travel; whoever relies on one checks it. */
import { count, exactly, hexText, list, text } from './fields.ts';

/** What a node signed once it had something in writing, as it travels. */
export type ReceiptFields = { readonly statement: string; readonly signature: string };

/** A node's confirmation, with the list behind its digest where there is one. */
export type ConfirmationFields = {
  readonly receipt: ReceiptFields;
  readonly ids: readonly string[];
};

export function readReceipt(value: unknown): ReceiptFields {
  const fields = exactly(value, ['statement', 'signature'], 'a receipt');
  return {
    statement: text(fields['statement'], 'statement'),
    signature: hexText(fields['signature'], 'signature', 64),
  };
}

export function readConfirmation(value: unknown): ConfirmationFields {
  const fields = exactly(value, ['receipt', 'ids'], 'a confirmation');
  return {
    receipt: readReceipt(fields['receipt']),
    ids: list(fields['ids'], 'ids', (id) => hexText(id, 'an id', 32)),
  };
}

/** Where a node's copy of an authority log ends, and its receipt of that. */
export type HeadWithReceipt = {
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly receipt: ReceiptFields;
};

export function readHeadWithReceipt(value: unknown): HeadWithReceipt {
  const fields = exactly(value, ['head', 'receipt'], 'a head with its receipt');
  const head = exactly(fields['head'], ['sequence', 'hash'], 'a head');
  return {
    head: {
      sequence: count(head['sequence'], 'sequence'),
      hash: hexText(head['hash'], 'hash', 32),
    },
    receipt: readReceipt(fields['receipt']),
  };
}
