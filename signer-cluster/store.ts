/**
 * What a node keeps: its identity, one pair set-up for each organisation, one share for each key. Each
 * is a sealed file (`shelf.ts`). Everything is opened and compared with the journal at start, so a
 * damaged, missing, older or foreign file stops the node before it answers anybody.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, concat, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Held } from './hello.ts';
import { type NodeIdentity, decodeIdentity } from './identity.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { StartRefused, unseal } from './sealing.ts';
import {
  type RecordKind,
  type Shelf,
  type Stored,
  type StorePlace,
  type Versioned,
  openShelf,
} from './shelf.ts';

/** One organisation's secrets with each peer, as the signing floor encodes them. */
export type PairsRecord = Versioned & {
  readonly organization: OrganizationId;
  readonly pairs: ReadonlyMap<PartyId, Bytes>;
};

/** This node's share of one key, as the signing floor encodes it. */
export type KeyRecord = Versioned & {
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly scheme: Scheme;
  /** Who holds a share, ascending, and how many of them sign together. */
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  /** An imported key once existed whole, outside. */
  readonly provenance: 'generated' | 'imported';
  /** 33 bytes compressed for secp256k1. */
  readonly publicKey: Bytes;
  readonly chainCode: Bytes;
  /** None in the last record of a node that has left the holders. */
  readonly share: Bytes;
};

export const FIRST_EPOCH = 1;

export type Store = {
  readonly identity: NodeIdentity;
  /** By organisation. */
  readonly pairs: Shelf<PairsRecord>;
  /** By key id. */
  readonly keys: Shelf<KeyRecord>;
};

/** What a hello says of a record. */
export function heldOn(shelf: Pick<Shelf<Versioned>, 'get' | 'next'>, name: string): Held {
  const stored = shelf.get(name);
  if (stored === undefined) return { state: 'NONE' };
  const { epoch, sid } = stored.record;
  const next = shelf.next(name)?.sid;
  const successor = next === undefined ? {} : { next };
  return { state: stored.committed ? 'COMMITTED' : 'PREPARED', epoch, sid, ...successor };
}

/** The epoch of the organisation's pairs: verdicts between nodes are about one epoch. */
export const pairEpochOf = ({ pairs }: Pick<Store, 'pairs'>, organization: string): number => {
  const stored = pairs.get(organization);
  return stored?.committed === true ? stored.record.epoch : FIRST_EPOCH;
};

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
  commitEntry: ({ keyId, epoch, sid, publicKey }) => ({
    kind: 'key-committed',
    key: keyId,
    epoch,
    sid,
    publicKey: hex(publicKey),
  }),
  committedBy: (entry) => (entry.kind === 'key-committed' ? [entry.key, entry.sid] : undefined),
};
