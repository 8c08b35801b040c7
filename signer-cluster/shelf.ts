/**
 * The sealed records of one kind, each under its name: `NAME.sealed`, and beside it `NAME.next.sealed`
 * for a successor. A record is written PREPARED; the journal says which one is COMMITTED, and only that
 * one works. A successor takes over with its commit, while what it replaces stays on disk until it is
 * retired: a crash between two steps leaves both, and the journal still names the one that counts.
 */
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '#core/bytes.ts';
import type { PartyId } from '#signing/kernel.ts';
import { removeUnfinished, syncFolder, writeDurably } from './durable-file.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { type SealedPlace, StartRefused, seal, unseal } from './sealing.ts';

/** What every record says of its making. */
export type Versioned = {
  /** Counts up with every successor. */
  readonly epoch: number;
  /** The session that made it, 32 bytes in hex: equal on all nodes. */
  readonly sid: string;
};

export type Stored<R> = { readonly record: R; readonly committed: boolean };

export type Shelf<R> = {
  /** The record that works, or the first one, which is not committed yet. */
  get(name: string): Stored<R> | undefined;
  /** The successor of a committed record, which is not committed yet. */
  next(name: string): R | undefined;
  names(): readonly string[];
  /**
   * Writes a first record, or the successor of the committed one; an earlier PREPARED one is replaced,
   * a COMMITTED one never. Durable when it resolves.
   */
  prepare(record: R): Promise<void>;
  /**
   * Lets what was prepared last take over, and uses up the words with these ids: both or neither. Durable
   * when it resolves. @throws AUDIT_UNAVAILABLE
   */
  commit(name: string, approvals?: readonly string[]): Promise<void>;
  /** Erases what the committed record replaced. */
  retire(name: string): Promise<void>;
};

export type StorePlace = {
  readonly dataDir: string;
  readonly sealingKey: Bytes;
  readonly committee: Bytes;
  readonly party: PartyId;
};

export type CommitEntry = Extract<JournalEntry, { kind: 'pairs-committed' | 'key-committed' }>;

/** What the shelves differ in. */
export type RecordKind<R> = {
  readonly kind: 'pairs' | 'key';
  readonly folder: string;
  nameOf(record: R): string;
  encode(stored: Stored<R>): Bytes;
  decode(plain: Bytes): Stored<R>;
  commitEntry(record: R): CommitEntry;
  /** The name and the session of an entry that commits a record of this kind. */
  committedBy(entry: JournalEntry): readonly [name: string, sid: string] | undefined;
};

const NEXT = '.next';

/** What lies under one name. */
type Slot<R> = {
  first?: Stored<R> | undefined;
  next?: R | undefined;
  /** The committed record is the one in the file of the successor. */
  hasTakenOver: boolean;
};

/** @throws StartRefused when a file does not open, or is not the one that the journal speaks of. */
export async function openShelf<R extends Versioned>(
  of: RecordKind<R>,
  place: StorePlace,
  journal: Journal,
  entries: readonly JournalEntry[],
): Promise<Shelf<R>> {
  const folder = join(place.dataDir, of.folder);
  const { sealingKey, committee, party } = place;
  const placeOf = (file: string): SealedPlace => ({ committee, party, kind: of.kind, name: file });
  const pathOf = (file: string): string => join(folder, `${file}.sealed`);

  const put = (file: string, stored: Stored<R>): Promise<void> =>
    writeDurably(pathOf(file), seal(sealingKey, placeOf(file), of.encode(stored)));
  async function remove(file: string): Promise<void> {
    await rm(pathOf(file), { force: true });
    await syncFolder(folder);
  }

  await removeUnfinished(folder);
  const files = new Map<string, Stored<R>>();
  for (const path of (await readdir(folder)).toSorted()) {
    const file = path.replace(/\.sealed$/, '');
    if (file === path) throw new StartRefused(`${path} does not belong into the store`);
    const content = await readFile(join(folder, path));
    files.set(file, of.decode(unseal(sealingKey, placeOf(file), content)));
  }
  const slots = settle(files, commitsOf(of, entries));

  const slotOf = (name: string): Slot<R> => {
    const slot = slots.get(name) ?? { hasTakenOver: false };
    slots.set(name, slot);
    return slot;
  };

  return {
    get: (name) => slots.get(name)?.first,
    next: (name) => slots.get(name)?.next,
    names: () => [...slots].flatMap(([name, slot]) => (slot.first === undefined ? [] : [name])),
    async prepare(record) {
      const name = of.nameOf(record);
      const slot = slotOf(name);
      if (slot.first?.committed !== true) {
        await put(name, { record, committed: false });
        slot.first = { record, committed: false };
        return;
      }
      if (record.epoch <= slot.first.record.epoch || slot.hasTakenOver) {
        throw new Error('a committed record is never replaced but by its successor');
      }
      await put(`${name}${NEXT}`, { record, committed: false });
      slot.next = record;
    },
    async commit(name, approvals = []) {
      const slot = slotOf(name);
      const prepared = slot.next ?? slot.first?.record;
      if (prepared === undefined) throw new Error('only what was prepared can be committed');
      await journal.append({
        ...of.commitEntry(prepared),
        ...(approvals.length === 0 ? {} : { approvals }),
      });
      // From here on it is committed, whether or not the file can be written too.
      const isSuccessor = slot.next !== undefined;
      slot.first = { record: prepared, committed: true };
      slot.next = undefined;
      slot.hasTakenOver = isSuccessor;
      if (!isSuccessor) await put(name, slot.first);
    },
    async retire(name) {
      const slot = slotOf(name);
      if (!slot.hasTakenOver || slot.first === undefined) return;
      await put(name, slot.first);
      slot.hasTakenOver = false;
      await remove(`${name}${NEXT}`);
    },
  };
}

const commitsOf = <R>(
  of: RecordKind<R>,
  entries: readonly JournalEntry[],
): ReadonlyMap<string, string> =>
  new Map(entries.map((entry) => of.committedBy(entry)).filter((commit) => commit !== undefined));

/**
 * Brings the files and the journal together. The journal is written first, so it may know of a commit
 * that the files do not; any other difference means that one of them was set back.
 */
function settle<R extends Versioned>(
  files: ReadonlyMap<string, Stored<R>>,
  commits: ReadonlyMap<string, string>,
): Map<string, Slot<R>> {
  const slots = new Map<string, Slot<R>>();
  for (const [name, sid] of commits) {
    const [first, next] = [files.get(name), files.get(`${name}${NEXT}`)];
    if (first?.record.sid === sid) {
      // A crash after the successor took the first place leaves it in both.
      const pending = next?.record.sid === sid ? undefined : next?.record;
      slots.set(name, {
        first: { record: first.record, committed: true },
        next: pending,
        hasTakenOver: false,
      });
    } else if (next?.record.sid === sid) {
      slots.set(name, { first: { record: next.record, committed: true }, hasTakenOver: true });
    } else {
      throw new StartRefused(`the store lacks the committed ${name}: it was set back or damaged`);
    }
  }
  for (const [file, stored] of files) {
    const name = file.endsWith(NEXT) ? file.slice(0, -NEXT.length) : file;
    if (commits.has(name)) continue;
    if (stored.committed || file !== name) {
      throw new StartRefused(`the journal lacks the committed ${name}: it was set back or damaged`);
    }
    slots.set(name, { first: stored, hasTakenOver: false });
  }
  return slots;
}
