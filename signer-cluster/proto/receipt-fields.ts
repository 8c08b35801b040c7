/** Receipts and confirmations as they travel; whoever relies on one checks it. */
import { count, exactly, hexText, line, list, text } from './fields.ts';

/** What a node signed once it had something in writing, as it travels. */
export type ReceiptFields = { readonly statement: string; readonly signature: string };

/** A node's confirmation, with the ids behind each of its ranges where there is a list. */
export type ConfirmationFields = {
  readonly receipt: ReceiptFields;
  readonly ids: readonly (readonly string[])[];
};

/** With where its ranges could be cut next, which is nothing that anybody relies on. */
export type ConfirmAnswer = ConfirmationFields & {
  readonly splits: readonly (readonly string[])[];
  readonly recent?: string;
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
  return { receipt: readReceipt(fields['receipt']), ids: idLists(fields['ids']) };
}

const idLists = (value: unknown): readonly (readonly string[])[] =>
  list(value, 'ids', (ids) => list(ids, 'ids', (id) => hexText(id, 'an id', 32)));

/** A place in the order of spends. */
export const readCut = (value: unknown): string => line(value, 'a cut');

export function readConfirmAnswer(value: unknown): ConfirmAnswer {
  const { recent } = (value ?? {}) as { readonly recent?: unknown };
  const optional = recent === undefined ? [] : ['recent'];
  const fields = exactly(value, ['receipt', 'ids', 'splits', ...optional], 'a confirmation');
  return {
    receipt: readReceipt(fields['receipt']),
    ids: idLists(fields['ids']),
    splits: list(fields['splits'], 'splits', (one) => list(one, 'splits', readCut)),
    ...(recent === undefined ? {} : { recent: readCut(recent) }),
  };
}

/** Where a node's copy of an authority log ends, and its receipt of that, or why it gives none yet. */
export type HeadWithReceipt = {
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly receipt?: ReceiptFields;
  readonly waits?: string;
};

export function readHeadWithReceipt(value: unknown): HeadWithReceipt {
  const waits = (value as { readonly waits?: unknown } | null | undefined)?.waits !== undefined;
  const word = waits ? 'waits' : 'receipt';
  const fields = exactly(value, ['head', word], 'a head with its receipt');
  const head = exactly(fields['head'], ['sequence', 'hash'], 'a head');
  return {
    head: {
      sequence: count(head['sequence'], 'sequence'),
      hash: hexText(head['hash'], 'hash', 32),
    },
    ...(waits
      ? { waits: text(fields['waits'], 'waits') }
      : { receipt: readReceipt(fields['receipt']) }),
  };
}

/** A node, and the name of a start of it; empty where there was none. */
export function readHeardStart(value: unknown): { readonly party: number; readonly start: string } {
  const { party, start } = exactly(value, ['party', 'start'], 'a start');
  return { party: count(party, 'party'), start: line(start, 'start') };
}

/** What a node says of starts, its own and those of which it has heard. */
export type KnownStarts = {
  readonly start: string;
  readonly isStanding: boolean;
  readonly heard: readonly { readonly party: number; readonly start: string }[];
};

export function readKnownStarts(value: unknown): KnownStarts {
  const fields = exactly(value, ['start', 'isStanding', 'heard'], 'starts');
  return {
    start: line(fields['start'], 'start'),
    isStanding: fields['isStanding'] === true,
    heard: list(fields['heard'], 'heard', readHeardStart),
  };
}

export const readTold = (value: unknown): readonly ReceiptFields[] =>
  list(exactly(value, ['told'], 'what was heard')['told'], 'told', readReceipt);
