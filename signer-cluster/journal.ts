/**
 * The node's journal: append-only, hash-chained, durable before anything is answered. It is what the
 * node remembers across a crash - sessions it has seen, what each intent was signed as, which keys
 * are active, whom it does not trust - so a journal that does not fit its own chain stops the start.
 *
 * A line is `mac entry\n`: canonical JSON, and HMAC-SHA256 over the previous MAC and the entry under a
 * key derived from the sealing key. Who can write the disk but lacks that key cannot forge, change,
 * reorder or remove a line. What follows the last newline was never acknowledged and is cut off. Whole
 * lines missing at the end cannot be told from the chain alone: `store.ts` compares the keys.
 */
import { createHmac } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { type Bytes, concat, equalBytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import type { PartyId } from '#signing/kernel.ts';
import { StartRefused, derivedKey } from './sealing.ts';

/** Hashes and ids of sessions are in hex. */
export type JournalEntry =
  | { readonly kind: 'genesis'; readonly committee: string; readonly party: PartyId }
  | { readonly kind: 'session'; readonly sid: string; readonly key: string }
  | {
      readonly kind: 'sign';
      readonly sid: string;
      readonly key: string;
      readonly intent: string;
      readonly digests: readonly string[];
      readonly signers: readonly PartyId[];
      /** What was reserved for it: one for each digest, or none. */
      readonly presignatures: readonly string[];
      /** Absent for payments. */
      readonly isSetUp?: true;
      /** Where the signed bytes do not say it: the key signs for no other network. */
      readonly network?: string;
    }
  | {
      readonly kind: 'pairs-committed';
      readonly organization: string;
      readonly epoch: number;
      readonly sid: string;
    }
  | {
      readonly kind: 'key-committed';
      readonly key: string;
      readonly epoch: number;
      readonly sid: string;
      readonly publicKey: string;
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
  | { readonly kind: 'key-exported'; readonly key: string; readonly recipient: string }
  | {
      readonly kind: 'wallet-registered';
      readonly wallet: string;
      readonly key: string;
      readonly organization: string;
      readonly path: string;
    }
  | {
      readonly kind: 'ban';
      readonly organization: string;
      readonly epoch: number;
      readonly peer: PartyId;
      readonly check: string;
      readonly sid: string;
    }
  | {
      readonly kind: 'quarantine';
      readonly organization: string;
      readonly epoch: number;
      readonly signers: readonly PartyId[];
      readonly check: string;
      readonly sid: string;
    };

export type Journal = {
  /**
   * Resolves when the entry is on disk; concurrent entries share one sync. After a failed write
   * nothing is accepted any more, because what the disk holds is unknown until the next start.
   * @throws AUDIT_UNAVAILABLE
   */
  append(entry: JournalEntry): Promise<void>;
  /** False from the first failed write on. */
  readonly writable: boolean;
  close(): Promise<void>;
};

export type JournalSecrets = { readonly sealingKey: Bytes; readonly committee: Bytes };

const MAC_DIGITS = 64;
const FIRST_MAC = new Uint8Array(32);

const macKey = ({ sealingKey, committee }: JournalSecrets): Bytes =>
  derivedKey(sealingKey, committee, 'countersign/journal/v1');

const nextMac = (key: Bytes, previous: Bytes, entry: string): Bytes =>
  new Uint8Array(createHmac('sha256', key).update(previous).update(entry).digest());

const line = (mac: Bytes, entry: string): string => `${hex(mac)} ${entry}\n`;

/** The content of a new journal: its first entry names the committee and the party. */
export function newJournal(secrets: JournalSecrets, party: PartyId): Bytes {
  const genesis = canonicalText({ kind: 'genesis', committee: hex(secrets.committee), party });
  return utf8(line(nextMac(macKey(secrets), FIRST_MAC, genesis), genesis));
}

export type OpenedJournal = {
  readonly journal: Journal;
  /** Everything it holds, oldest first. */
  readonly entries: readonly JournalEntry[];
  /** How many bytes of an unfinished line were cut off. */
  readonly torn: number;
};

/** @throws StartRefused when the journal is missing, damaged, or belongs to another node. */
export async function openJournal(
  path: string,
  secrets: JournalSecrets,
  party: PartyId,
): Promise<OpenedJournal> {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new StartRefused('the journal is missing: restore it, a new one would forget signatures');
  });
  const end = content.lastIndexOf(0x0a) + 1;
  const { entries, mac } = verifyChain(content.subarray(0, end), macKey(secrets));
  const [first] = entries;
  if (first?.kind !== 'genesis') throw new StartRefused('the journal has no first entry');
  if (first.party !== party || first.committee !== hex(secrets.committee)) {
    throw new StartRefused('the journal belongs to another node or committee');
  }
  const torn = content.length - end;
  // A whole entry before the last byte means that the byte was a newline: changed, not unfinished.
  if (torn > 0 && isNextLine(content.subarray(end, -1), mac, macKey(secrets))) {
    throw new StartRefused('the journal is damaged at its end');
  }
  const file = await open(path, 'r+');
  if (torn > 0) {
    await file.truncate(end);
    await file.sync();
  }
  return { journal: journalOn(file, end, mac, macKey(secrets)), entries, torn };
}

function verifyChain(content: Bytes, key: Bytes): { entries: JournalEntry[]; mac: Bytes } {
  const entries: JournalEntry[] = [];
  let mac: Bytes = FIRST_MAC;
  const lines = new TextDecoder().decode(content).split('\n').slice(0, -1);
  for (const [index, text] of lines.entries()) {
    const next = readLine(text, mac, key);
    if (next === undefined) {
      throw new StartRefused(`the journal is damaged at entry ${index + 1}`);
    }
    mac = next.mac;
    // The MAC shows that this node wrote the entry, so its shape is one of ours.
    entries.push(JSON.parse(next.entry) as JournalEntry);
  }
  return { entries, mac };
}

type Line = { readonly entry: string; readonly mac: Bytes };

/** The line's entry and MAC, or undefined when it does not follow the previous MAC. */
function readLine(text: string, previous: Bytes, key: Bytes): Line | undefined {
  const digits = text.slice(0, MAC_DIGITS);
  const entry = text.slice(MAC_DIGITS + 1);
  if (!/^[0-9a-f]{64}$/.test(digits) || text[MAC_DIGITS] !== ' ') return undefined;
  const mac = nextMac(key, previous, entry);
  return equalBytes(mac, parseHex(digits)) ? { entry, mac } : undefined;
}

const isNextLine = (bytes: Bytes, previous: Bytes, key: Bytes): boolean =>
  readLine(new TextDecoder().decode(bytes), previous, key) !== undefined;

type Waiting = { readonly text: Bytes; readonly done: (failure?: PlatformError) => void };

function journalOn(file: FileHandle, size: number, lastMac: Bytes, key: Bytes): Journal {
  let mac = lastMac;
  let at = size;
  let failure: PlatformError | undefined;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      if (failure === undefined) failure = await writeBatch(batch);
      for (const { done } of batch) done(failure);
    }
    writing = undefined;
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<PlatformError | undefined> {
    const bytes = concat(...batch.map(({ text }) => text));
    try {
      const { bytesWritten } = await file.write(bytes, 0, bytes.length, at);
      if (bytesWritten !== bytes.length) throw new Error('the disk took only a part');
      await file.datasync();
      at += bytes.length;
      return undefined;
    } catch (cause) {
      return new PlatformError('AUDIT_UNAVAILABLE', { reason: 'the journal' }, { cause });
    }
  }

  return {
    append(entry) {
      const text = canonicalText(entry);
      mac = nextMac(key, mac, text);
      const bytes = utf8(line(mac, text));
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({
        text: bytes,
        done: (error) => (error === undefined ? resolve() : reject(error)),
      });
      writing ??= writeAll();
      return promise;
    },
    get writable() {
      return failure === undefined;
    },
    async close() {
      await writing;
      await file.close();
    },
  };
}
