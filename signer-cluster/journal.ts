/**
 * The node's journal: append-only, hash-chained, durable before anything is answered. It is what the
 * node remembers across a crash - sessions it has seen, what each intent was signed as, which keys
 * are active, whom it does not trust - so a journal that does not fit its own chain stops the start.
 *
 * A line is `mac entry\n`: canonical JSON, and HMAC-SHA256 over the previous MAC and the entry under a
 * key derived from the sealing key. Who can write the disk but lacks that key cannot forge, change,
 * reorder or remove a line. What follows the last newline was never acknowledged and is cut off. That whole lines
 * are missing at the end, the chain does not tell: `store.ts` compares the keys, the peers remember (`standing.ts`).
 */
import { type KeyObject, createHmac, createSecretKey } from 'node:crypto';
import { fdatasyncSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Bytes, concat, equalBytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Ban, Quarantine } from './distrust.ts';
import { StartRefused, derivedKey } from './sealing.ts';
import type { AcceptedEntry } from './set-backs.ts';
import type { ClaimedEntry, SpendEntry } from './spend-entries.ts';

/** Hashes and ids of sessions are in hex. */
export type JournalEntry =
  | { readonly kind: 'genesis'; readonly committee: string; readonly party: PartyId }
  | {
      /** The record that the node's operator has pinned, as a text; the last one counts. */
      readonly kind: 'committee';
      readonly record: string;
    }
  | {
      /** This node counts whatever the members of the record before this one have counted. */
      readonly kind: 'handed-over';
      /** The present record's hash. */
      readonly committee: string;
      readonly heads: readonly { readonly organization: string; readonly sequence: number }[];
    }
  | { readonly kind: 'session'; readonly sid: string; readonly key: string }
  | {
      readonly kind: 'sign';
      readonly sid: string;
      readonly key: string;
      readonly intent: string;
      /** When the intent ends, in milliseconds since 1970. */
      readonly expires: number;
      readonly digests: readonly string[];
      readonly signers: readonly PartyId[];
      /** What was reserved for it: one for each digest, or none. */
      readonly presignatures: readonly string[];
      /** Absent for payments. */
      readonly isSetUp?: true;
      /** Where the signed bytes do not say it: the key signs for no other network. */
      readonly network?: string;
      /** When a payment was decided, by this node's clock; a quorum's clocks agreed with it. */
      readonly at?: Instant;
    }
  | {
      readonly kind: 'pairs-committed';
      readonly organization: string;
      readonly epoch: number;
      readonly sid: string;
      /** The words that allowed it, which serve nothing else from this entry on. */
      readonly approvals?: readonly string[];
    }
  | {
      readonly kind: 'key-committed';
      readonly key: string;
      readonly epoch: number;
      readonly sid: string;
      readonly publicKey: string;
      readonly approvals?: readonly string[];
    }
  | { readonly kind: 'ready'; readonly sid: string }
  | {
      readonly kind: 'approval';
      readonly id: string;
      readonly operation: string;
      readonly details: string;
      readonly expires: Instant;
    }
  | { readonly kind: 'approval-used'; readonly id: string }
  | {
      readonly kind: 'key-exported';
      readonly key: string;
      readonly recipient: string;
      /** The word that allowed it, which serves nothing else from this entry on. */
      readonly approval?: string;
      /** Until when the same export may be repeated, if it did not come to its end. */
      readonly until: Instant;
    }
  | { readonly kind: 'export-done'; readonly key: string }
  | {
      readonly kind: 'wallet-registered';
      readonly wallet: string;
      readonly key: string;
      readonly organization: string;
      readonly path: string;
    }
  | {
      /** A checkpoint of an audit log that this node cosigned; the last of a log counts. */
      readonly kind: 'cosigned';
      readonly origin: string;
      readonly size: number;
      readonly root: string;
    }
  | {
      /** The genesis that the node's operator trusts, by its hash. */
      readonly kind: 'trusted';
      readonly organization: string;
      readonly genesis: string;
    }
  | {
      /** The operator has stopped everything of the organisation here, or lets it go on. */
      readonly kind: 'frozen' | 'thawed';
      readonly organization: string;
    }
  | {
      /** One entry of an organisation's authority log, in its canonical text. */
      readonly kind: 'authority';
      readonly organization: string;
      readonly sequence: number;
      readonly content: string;
    }
  | {
      /** The operator has put these entries in place of the log's own from this sequence on. */
      readonly kind: 'authority-adopted';
      readonly organization: string;
      readonly from: number;
      readonly contents: readonly string[];
    }
  | SpendEntry
  | ClaimedEntry
  | {
      /** This node does nothing more for the payment; or it counts no more, because enough others do not. */
      readonly kind: 'withdrawn' | 'buried';
      readonly id: string;
      readonly organization: string;
    }
  | Ban
  | Quarantine
  | AcceptedEntry
  /** Another node has started, under this name: nothing counts that it said before. Or it did so beside another copy of it. */
  | { readonly kind: 'started' | 'two-copies'; readonly party: PartyId; readonly start: string }
  | {
      /** Where the journals of peers were when this node last heard of them; the last entry counts. */
      readonly kind: 'heard';
      readonly journals: readonly ({ readonly party: PartyId } & Position)[];
    };

/**
 * A place in a journal: how many entries were ever appended up to it, the first one included, and the
 * MAC of the last of them, in hex.
 */
export type Position = { readonly count: number; readonly head: string };

/** What a journal tells of itself. */
export type JournalPast = {
  /** The last entry that is on the disk. */
  readonly durable: Position;
  /** The MAC of the entry with this number; undefined where the disk has no such entry. */
  headAt(count: number): Promise<string | undefined>;
};

export type Journal = {
  /**
   * Resolves when the entry is on disk; concurrent entries share one sync. Where nobody waits for it,
   * `withinMs` says how long it may wait for an entry whose sync it can share. After a failed write
   * nothing is accepted any more, because what the disk holds is unknown until the next start.
   * @throws AUDIT_UNAVAILABLE
   */
  append(entry: JournalEntry, withinMs?: number): Promise<void>;
  /** The same before it returns: for what must not be lost to a crash a moment later. */
  appendNow(entry: JournalEntry): void;
  /** False from the first failed write on. */
  readonly writable: boolean;
  close(): Promise<void>;
};

export type JournalSecrets = { readonly sealingKey: Bytes; readonly committee: Bytes };

const MAC_DIGITS = 64;
const FIRST_MAC = new Uint8Array(32);

const macKey = ({ sealingKey, committee }: JournalSecrets): KeyObject =>
  createSecretKey(derivedKey(sealingKey, committee, 'countersign/journal/v1'));

const nextMac = (key: KeyObject, previous: Bytes, entry: string): Bytes =>
  new Uint8Array(createHmac('sha256', key).update(previous).update(entry).digest());

const line = (mac: Bytes, entry: string): string => `${hex(mac)} ${entry}\n`;

/** The content of a new journal: its first entry names what the node was made as (`config.ts`). */
export function newJournal(secrets: JournalSecrets, party: PartyId): Bytes {
  const genesis = canonicalText({ kind: 'genesis', committee: hex(secrets.committee), party });
  return utf8(line(nextMac(macKey(secrets), FIRST_MAC, genesis), genesis));
}

export type OpenedJournal = {
  readonly journal: Journal & JournalPast;
  /** Everything it holds, oldest first. */
  readonly entries: readonly JournalEntry[];
  /** How many bytes of an unfinished line were cut off. */
  readonly torn: number;
};

/** Brings onto the disk what `write` gives to the system. */
export type Sync = (file: FileHandle, write: () => void) => Promise<void>;

const datasync: Sync = async (file, write) => {
  write();
  await file.datasync();
};

/** @throws StartRefused when the journal is missing, damaged, or belongs to another node. */
export async function openJournal(
  path: string,
  secrets: JournalSecrets,
  party: PartyId,
  sync: Sync = datasync,
): Promise<OpenedJournal> {
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new StartRefused('the journal is missing: restore it, a new one would forget signatures');
  });
  try {
    const { entries, torn, end, mac, index } = await readChain(file, secrets, party);
    if (torn > 0) {
      await file.truncate(end);
      await file.sync();
    }
    return { journal: journalOn({ file, sync }, index, mac, macKey(secrets)), entries, torn };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readChain(file: FileHandle, secrets: JournalSecrets, party: PartyId) {
  const { entries, mac, index, rest } = await verifyChain(file, macKey(secrets));
  const [first] = entries;
  if (first?.kind !== 'genesis') throw new StartRefused('the journal has no first entry');
  if (first.party !== party || first.committee !== hex(secrets.committee)) {
    throw new StartRefused('the journal belongs to another node or committee');
  }
  // A whole entry before the last byte means that the byte was a newline: changed, not unfinished.
  if (rest.length > 0 && isNextLine(rest.subarray(0, -1), mac, macKey(secrets))) {
    throw new StartRefused('the journal is damaged at its end');
  }
  return { entries, mac, index, end: index.end, torn: rest.length };
}

const NEWLINE = 0x0a;
const PIECE_BYTES = 1024 * 1024;

/** Every so many lines the index knows where one begins: what is between them is read. */
const INDEX_STEP = 128;
/** The MACs of so many last entries are in memory: peers mostly ask for one of them. */
const RECENT_MAX = 1_024;

/** Where the lines of a journal are, and the MACs of the last ones. */
class LineIndex {
  readonly #begins: number[] = [];
  readonly #recent = new Map<number, string>();
  count = 0;
  /** Where the next line begins. */
  end = 0;

  add(mac: Bytes, bytes: number): Position {
    if (this.count % INDEX_STEP === 0) this.#begins.push(this.end);
    this.count += 1;
    this.end += bytes;
    const head = hex(mac);
    this.#recent.set(this.count, head);
    this.#recent.delete(this.count - RECENT_MAX);
    return { count: this.count, head };
  }

  /** The MAC of a line that is in the file, as the line itself has it. */
  async headAt(file: FileHandle, count: number): Promise<string | undefined> {
    const recent = this.#recent.get(count);
    if (recent !== undefined || count < 1 || count > this.count) return recent;
    const step = Math.floor((count - 1) / INDEX_STEP);
    let number = step * INDEX_STEP;
    for await (const text of linesOf(file, this.#begins[step])) {
      number += 1;
      if (number === count) return new TextDecoder().decode(text.subarray(0, MAC_DIGITS));
    }
    return undefined;
  }
}

/** The file's lines one by one, without their newline; returns what follows the last of them. */
async function* linesOf(file: FileHandle, from = 0): AsyncGenerator<Buffer, Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (let at = from; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at);
    if (bytesRead === 0) return rest;
    at += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let begin = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, begin)) {
      yield rest.subarray(begin, end);
      begin = end + 1;
    }
    rest = rest.subarray(begin);
  }
}

/** @throws StartRefused at the first line that does not follow the one before it */
async function verifyChain(file: FileHandle, key: KeyObject) {
  const entries: JournalEntry[] = [];
  let mac: Bytes = FIRST_MAC;
  const index = new LineIndex();
  const lines = linesOf(file);
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) return { entries, mac, index, rest: value };
    const next = readLine(new TextDecoder().decode(value), mac, key);
    if (next === undefined) {
      const first = entries.length === 0 ? ', or the sealing key is another one' : '';
      throw new StartRefused(`the journal is damaged at entry ${entries.length + 1}${first}`);
    }
    mac = next.mac;
    index.add(mac, value.length + 1);
    // The MAC shows that this node wrote the entry, so its shape is one of ours.
    entries.push(JSON.parse(next.entry) as JournalEntry);
  }
}

type Line = { readonly entry: string; readonly mac: Bytes };

/** The line's entry and MAC, or undefined when it does not follow the previous MAC. */
function readLine(text: string, previous: Bytes, key: KeyObject): Line | undefined {
  const digits = text.slice(0, MAC_DIGITS);
  const entry = text.slice(MAC_DIGITS + 1);
  if (!/^[0-9a-f]{64}$/.test(digits) || text[MAC_DIGITS] !== ' ') return undefined;
  const mac = nextMac(key, previous, entry);
  return equalBytes(mac, parseHex(digits)) ? { entry, mac } : undefined;
}

const isNextLine = (bytes: Bytes, previous: Bytes, key: KeyObject): boolean =>
  readLine(new TextDecoder().decode(bytes), previous, key) !== undefined;

const unavailable = (cause: unknown): PlatformError =>
  new PlatformError('AUDIT_UNAVAILABLE', { reason: 'the journal' }, { cause });

type Waiting = {
  readonly text: Bytes;
  readonly position: Position;
  readonly done: (failure?: PlatformError) => void;
};

function journalOn(
  { file, sync }: { readonly file: FileHandle; readonly sync: Sync },
  index: LineIndex,
  lastMac: Bytes,
  key: KeyObject,
): Journal & JournalPast {
  let mac = lastMac;
  let at = index.end;
  let durable: Position = { count: index.count, head: hex(lastMac) };
  let failure: PlatformError | undefined;
  let waiting: Waiting[] = [];
  /** What is on its way to the disk, from `at` on. */
  let batch: Waiting[] = [];
  let writing: Promise<void> | undefined;
  /** Whether something waits that waits for no other entry. */
  let isDue = false;
  /** Until when what waits may wait for another entry. */
  let patience: NodeJS.Timeout | undefined;

  function write(bytes: Bytes, from: number): void {
    if (writeSync(file.fd, bytes, 0, bytes.length, from) === bytes.length) return;
    throw new Error('the disk took only a part');
  }

  function begin(): void {
    clearTimeout(patience);
    patience = undefined;
    isDue = waiting.length > 0;
    if (isDue) writing ??= writeAll();
  }

  async function writeAll(): Promise<void> {
    while (isDue) {
      const due = waiting;
      isDue = false;
      batch = due;
      waiting = [];
      const failed = failure ?? (await writeBatch());
      failure ??= failed;
      for (const { done } of due) done(failed);
    }
    writing = undefined;
  }

  /** Batches and single entries may come to the disk in another order than they were begun. */
  function reached(position: Position | undefined): void {
    if (position !== undefined && position.count > durable.count) durable = position;
  }

  async function writeBatch(): Promise<PlatformError | undefined> {
    const from = at;
    const last = batch.at(-1)?.position;
    const bytes = concat(...batch.map(({ text }) => text));
    try {
      // To write into the system's memory takes less time than to ask another thread for it.
      await sync(file, () => write(bytes, from));
      // Meanwhile `appendNow` may have brought more to the disk.
      at = Math.max(at, from + bytes.length);
      reached(last);
      return undefined;
    } catch (cause) {
      return unavailable(cause);
    } finally {
      batch = [];
    }
  }

  /** The entry's line, which follows all that was appended before, and its place. */
  function chained(entry: JournalEntry): { readonly bytes: Bytes; readonly position: Position } {
    const text = canonicalText(entry);
    mac = nextMac(key, mac, text);
    const bytes = utf8(line(mac, text));
    return { bytes, position: index.add(mac, bytes.length) };
  }

  return {
    appendNow(entry) {
      const own = chained(entry);
      if (failure !== undefined) throw failure;
      // A batch that is on its way is written a second time, to the same place.
      const before = [...batch, ...waiting];
      const bytes = concat(...before.map(({ text }) => text), own.bytes);
      try {
        write(bytes, at);
        fdatasyncSync(file.fd);
      } catch (cause) {
        failure = unavailable(cause);
        throw failure;
      }
      at += bytes.length;
      reached(own.position);
      for (const { done } of waiting) done();
      waiting = [];
      isDue = false;
      // It is on the disk: what is appended at once next follows it.
      batch = [];
    },
    append(entry, withinMs = 0) {
      const { bytes, position } = chained(entry);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({
        text: bytes,
        position,
        done: (error) => (error === undefined ? resolve() : reject(error)),
      });
      if (withinMs === 0) begin();
      else patience ??= setTimeout(begin, withinMs).unref();
      return promise;
    },
    get writable() {
      return failure === undefined;
    },
    get durable() {
      return durable;
    },
    headAt: async (count) => (count > durable.count ? undefined : index.headAt(file, count)),
    async close() {
      begin();
      await writing;
      await file.close();
    },
  };
}
