/** A committee's record as its operators make and read it (`countersign signer committee`). */
import { hex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import {
  type Change,
  firstRecord,
  hashTextOf,
  nextRecord,
  parseRecord,
  recordText,
} from '#signer-cluster/committee-record.ts';
import { type Committee, type Previous, requireSuccessor } from '#signer-cluster/committee.ts';
import { parseCard } from '#signer-cluster/join-card.ts';

/** What of a record a person compares; hashes and keys in hex. */
export type RecordView = {
  /** The content of its file. */
  readonly text: string;
  readonly hash: string;
  readonly generation: number;
  readonly threshold: number;
  readonly members: readonly {
    readonly party: number;
    readonly identity: string;
    /** Absent where the workers' own configuration says it. */
    readonly address?: string;
  }[];
  readonly retired: readonly number[];
  readonly previous?: Previous;
};

/** A card or a record as it was read, and the name of its file. */
export type CardFile = { readonly name: string; readonly text: string };

function viewOf(committee: Committee): RecordView {
  const { generation, threshold, members, retired, previous } = committee;
  return {
    text: recordText(committee),
    hash: hashTextOf(committee),
    generation,
    threshold,
    members: members.map(({ party, identity, reach }) => ({
      party,
      identity: hex(identity),
      ...(reach === undefined ? {} : { address: reach.address }),
    })),
    retired: retired.map(({ party }) => party),
    ...(previous === undefined ? {} : { previous }),
  };
}

const cardsIn = (files: readonly CardFile[]) =>
  files.map(({ name, text }) => parseCard(text, name));

/** @throws INVALID_INPUT */
export const makeRecord = (threshold: number, cards: readonly CardFile[]): RecordView =>
  viewOf(firstRecord(threshold, cardsIn(cards)));

/** The record that follows the one with this text. @throws INVALID_INPUT */
export const followRecord = (
  before: string,
  { cards, ...change }: Omit<Change, 'cards'> & { readonly cards: readonly CardFile[] },
): RecordView => viewOf(nextRecord(parseRecord(before), { ...change, cards: cardsIn(cards) }));

/** @throws INVALID_INPUT */
export const viewRecord = (text: string): RecordView => viewOf(parseRecord(text));

/**
 * Records that follow each other without a gap, the newest first. Whoever knows that the newest is the right
 * one knows it of all: each names the hash of the one before.
 * @throws INVALID_INPUT where one is no record, or does not follow
 */
export function chainOf(files: readonly CardFile[]): readonly [RecordView, ...RecordView[]] {
  const records = files.map(({ name, text }) => ({ name, committee: parseRecord(text) }));
  const [newest, ...older] = records.toSorted(
    (a, b) => b.committee.generation - a.committee.generation,
  );
  if (newest === undefined) throw invalidInput('records', 'none', 'Name the file of a record.');
  let after = newest;
  for (const before of older) {
    try {
      requireSuccessor(before.committee, after.committee);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      const hint = 'Name each record from the oldest on, every one once.';
      throw invalidInput(after.name, cause.message, hint);
    }
    after = before;
  }
  return [viewOf(newest.committee), ...older.map(({ committee }) => viewOf(committee))];
}
