/**
 * What a node keeps: its identity, one pair set-up for each organisation, one share for each key. Each
 * is a sealed file. A share is written PREPARED; the journal says which ones are COMMITTED, and only
 * those sign. Everything is opened and compared with the journal at start, so a damaged, missing,
 * older or foreign file stops the node before it answers anybody.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, concat, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import type { PartyId } from '#signing/kernel.ts';
import { removeUnfinished, writeDurably } from './durable-file.ts';
import type { Held } from './hello.ts';
import { type NodeIdentity, decodeIdentity } from './identity.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { type SealedPlace, StartRefused, seal, unseal } from './sealing.ts';

/** One organisation's secrets with each peer, as the signing floor encodes them. */
export type PairsRecord = {
  readonly organization: OrganizationId;
  readonly epoch: number;
  /** The session that made it, 32 bytes in hex: equal on all nodes. */
  readonly sid: string;
  readonly pairs: ReadonlyMap<PartyId, Bytes>;
};

/** This node's share of one key, as the signing floor encodes it. */
export type KeyRecord = {
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly scheme: Scheme;
  readonly epoch: number;
  readonly sid: string;
  /** 33 bytes compressed for secp256k1. */
  readonly publicKey: Bytes;
  readonly chainCode: Bytes;
  readonly share: Bytes;
};

export type Stored<R> = { readonly record: R; readonly committed: boolean };

/** The sealed records of one kind, each under its name. */
export type Shelf<R> = {
  get(name: string): Stored<R> | undefined;
  /** Replaces an earlier PREPARED record, never a COMMITTED one. Durable when it resolves. */
  prepare(record: R): Promise<void>;
  /** Durable when it resolves. @throws AUDIT_UNAVAILABLE */
  commit(name: string): Promise<void>;
};

export type Store = {
  readonly identity: NodeIdentity;
  /** By organisation. */
  readonly pairs: Shelf<PairsRecord>;
  /** By key id. */
  readonly keys: Shelf<KeyRecord>;
};

export type StorePlace = {
  readonly dataDir: string;
  readonly sealingKey: Bytes;
  readonly committee: Bytes;
  readonly party: PartyId;
};

export const heldOf = (stored: Stored<{ readonly sid: string }> | undefined): Held =>
  stored === undefined
    ? { state: 'NONE' }
    : { state: stored.committed ? 'COMMITTED' : 'PREPARED', sid: stored.record.sid };

/** @throws StartRefused when a file does not open, or is not the one that the journal speaks of. */
export async function openStore(
  place: StorePlace,
  journal: Journal,
  entries: readonly JournalEntry[],
): Promise<Store> {
  return {
    identity: await readIdentity(place),
    pairs: await openShelf(PAIRS, place, journal, entries),
    keys: await openShelf(KEYS, place, journal, entries),
  };
}

async function readIdentity(place: StorePlace): Promise<NodeIdentity> {
  const path = join(place.dataDir, 'identity/identity.sealed');
  const content = await readFile(path).catch(() => {
    throw new StartRefused('the sealed identity is missing');
  });
  const { committee, party } = place;
  const where = { committee, party, kind: 'identity', name: 'identity' } as const;
  return decodeIdentity(unseal(place.sealingKey, where, content));
}

/** What the two shelves differ in. */
type RecordKind<R> = {
  readonly kind: 'pairs' | 'key';
  readonly folder: string;
  nameOf(record: R): string;
  encode(stored: Stored<R>): Bytes;
  decode(plain: Bytes): Stored<R>;
  commitEntry(record: R): JournalEntry;
  /** The name and the session of an entry that commits a record of this kind. */
  committedBy(entry: JournalEntry): readonly [name: string, sid: string] | undefined;
};

async function openShelf<R extends { readonly sid: string }>(
  of: RecordKind<R>,
  place: StorePlace,
  journal: Journal,
  entries: readonly JournalEntry[],
): Promise<Shelf<R>> {
  const { sealingKey, committee, party } = place;
  const folder = join(place.dataDir, of.folder);
  const placeOf = (name: string): SealedPlace => ({ committee, party, kind: of.kind, name });
  const records = new Map<string, Stored<R>>();
  await removeUnfinished(folder);
  for (const file of (await readdir(folder)).toSorted()) {
    const name = file.replace(/\.sealed$/, '');
    if (name === file) throw new StartRefused(`${file} does not belong into the store`);
    const content = await readFile(join(folder, file));
    records.set(name, of.decode(unseal(sealingKey, placeOf(name), content)));
  }
  settle(records, commitsOf(of, entries));

  async function put(stored: Stored<R>): Promise<void> {
    const name = of.nameOf(stored.record);
    const sealed = seal(sealingKey, placeOf(name), of.encode(stored));
    await writeDurably(join(folder, `${name}.sealed`), sealed);
    records.set(name, stored);
  }

  return {
    get: (name) => records.get(name),
    async prepare(record) {
      if (records.get(of.nameOf(record))?.committed === true) {
        throw new Error('a committed record is never replaced');
      }
      await put({ record, committed: false });
    },
    async commit(name) {
      const stored = records.get(name);
      if (stored === undefined) throw new Error('only what was prepared can be committed');
      await journal.append(of.commitEntry(stored.record));
      // From here on it is committed, whether or not the file can be written too.
      const committed = { record: stored.record, committed: true };
      records.set(name, committed);
      await put(committed);
    },
  };
}

const commitsOf = <R>(
  of: RecordKind<R>,
  entries: readonly JournalEntry[],
): ReadonlyMap<string, string> =>
  new Map(entries.map((entry) => of.committedBy(entry)).filter((commit) => commit !== undefined));

/**
 * Brings the records and the journal together. The journal is written first, so it may know of a
 * commit that the file does not; any other difference means that one of them was set back.
 */
function settle<R extends { readonly sid: string }>(
  records: Map<string, Stored<R>>,
  commits: ReadonlyMap<string, string>,
): void {
  for (const [name, sid] of commits) {
    const stored = records.get(name);
    if (stored?.record.sid !== sid) {
      throw new StartRefused(`the store lacks the committed ${name}: it was set back or damaged`);
    }
    records.set(name, { record: stored.record, committed: true });
  }
  for (const [name, stored] of records) {
    if (stored.committed && !commits.has(name)) {
      throw new StartRefused(`the journal lacks the committed ${name}: it was set back or damaged`);
    }
  }
}

/** `header length u32 | header, canonical JSON | bytes`: secrets never become text. */
function encodeRecord(header: Parameters<typeof canonicalText>[0], body: Bytes): Bytes {
  const text = utf8(canonicalText(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length);
  return concat(length, text, body);
}

/** The seal shows that this node wrote the record, so its shape is one of ours. */
function decodeRecord(plain: Bytes): { header: unknown; body: Bytes } {
  const size = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  const header: unknown = JSON.parse(new TextDecoder().decode(plain.subarray(4, 4 + size)));
  return { header, body: plain.slice(4 + size) };
}

type PairsHeader = Omit<PairsRecord, 'pairs'> & {
  readonly committed: boolean;
  readonly sizes: readonly { readonly party: PartyId; readonly size: number }[];
};

function encodePairs({ record, committed }: Stored<PairsRecord>): Bytes {
  const { pairs, ...rest } = record;
  const sizes = [...pairs].map(([party, bytes]) => ({ party, size: bytes.length }));
  return encodeRecord({ ...rest, sizes, committed }, concat(...pairs.values()));
}

function decodePairs(plain: Bytes): Stored<PairsRecord> {
  const { header, body } = decodeRecord(plain);
  const { sizes, committed, ...rest } = header as PairsHeader;
  let at = 0;
  const pairs = new Map<PartyId, Bytes>();
  for (const { party, size } of sizes) pairs.set(party, body.slice(at, (at += size)));
  return { record: { ...rest, pairs }, committed };
}

type KeyHeader = Omit<KeyRecord, 'share' | 'publicKey' | 'chainCode'> & {
  readonly publicKey: string;
  readonly chainCode: string;
  readonly committed: boolean;
};

function encodeKey({ record, committed }: Stored<KeyRecord>): Bytes {
  const { share, publicKey, chainCode, ...rest } = record;
  const keys = { publicKey: hex(publicKey), chainCode: hex(chainCode) };
  return encodeRecord({ ...rest, ...keys, committed }, share);
}

function decodeKey(plain: Bytes): Stored<KeyRecord> {
  const { header, body } = decodeRecord(plain);
  const { publicKey, chainCode, committed, ...rest } = header as KeyHeader;
  const keys = { publicKey: parseHex(publicKey), chainCode: parseHex(chainCode) };
  return { record: { ...rest, ...keys, share: body }, committed };
}

const PAIRS: RecordKind<PairsRecord> = {
  kind: 'pairs',
  folder: 'store/pairs',
  nameOf: ({ organization }) => organization,
  encode: encodePairs,
  decode: decodePairs,
  commitEntry: ({ organization, epoch, sid }) => ({
    kind: 'pairs-committed',
    organization,
    epoch,
    sid,
  }),
  committedBy: (entry) =>
    entry.kind === 'pairs-committed' ? [entry.organization, entry.sid] : undefined,
};

const KEYS: RecordKind<KeyRecord> = {
  kind: 'key',
  folder: 'store/keys',
  nameOf: ({ keyId }) => keyId,
  encode: encodeKey,
  decode: decodeKey,
  commitEntry: ({ keyId, sid, publicKey }) => ({
    kind: 'key-committed',
    key: keyId,
    sid,
    publicKey: hex(publicKey),
  }),
  committedBy: (entry) => (entry.kind === 'key-committed' ? [entry.key, entry.sid] : undefined),
};
