/**
 * What one party keeps about one peer for one epoch: the outcome of the base oblivious transfers in
 * both directions and the seed of their zero shares. The caller seals the bytes.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import type { PartyId } from './kernel.ts';
import { DIGEST_BYTES } from './transcript.ts';

/** Base transfers in each direction: the computational security parameter of the OT extension. */
export const BASE_TRANSFERS = 128;
/** Bytes of one transferred seed, and of the seed of the zero shares. */
export const SEED_BYTES = 32;
/** Bytes of the correlation: one bit for each base transfer. */
export const DELTA_BYTES = BASE_TRANSFERS / 8;

export type PairSecrets = {
  readonly party: PartyId;
  readonly peer: PartyId;
  /** 32 bytes, equal on both sides, fresh with every set-up: names the pair's epoch. */
  readonly pairId: Bytes;
  /** 32 bytes, equal on both sides. */
  readonly zeroSeed: Bytes;
  /** For multiplications in which this party is Alice: her choice bits and the seeds they chose. */
  readonly asSender: { readonly delta: Bytes; readonly seeds: Bytes };
  /** For multiplications in which this party is Bob: all seeds for bit 0, then all for bit 1. */
  readonly asReceiver: { readonly seeds: Bytes };
};

const VERSION = 1;
const KIND = 0x50;
const HEAD_BYTES = 6;
const PARTS = [
  DIGEST_BYTES,
  SEED_BYTES,
  DELTA_BYTES,
  BASE_TRANSFERS * SEED_BYTES,
  2 * BASE_TRANSFERS * SEED_BYTES,
] as const;

/** Version, kind, party, peer; pair id, zero seed, delta, chosen seeds, both seeds. */
export function encodePairSecrets(pair: PairSecrets): Bytes {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, KIND);
  view.setUint16(2, pair.party);
  view.setUint16(4, pair.peer);
  const { pairId, zeroSeed, asSender, asReceiver } = pair;
  return concat(head, pairId, zeroSeed, asSender.delta, asSender.seeds, asReceiver.seeds);
}

/**
 * @throws RangeError when the bytes are not exactly one pair's secrets of this version. Sealed bytes
 *   that open and do not decode are a bug, not an input.
 */
export function decodePairSecrets(bytes: Bytes): PairSecrets {
  const size = PARTS.reduce((sum, part) => sum + part, HEAD_BYTES);
  if (bytes.length !== size) throw new RangeError('not the secrets of a pair: length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== VERSION || view.getUint8(1) !== KIND) {
    throw new RangeError('not the secrets of a pair: version or kind');
  }
  const [party, peer] = [view.getUint16(2), view.getUint16(4)];
  if (party === 0 || peer === 0 || party === peer) {
    throw new RangeError('not the secrets of a pair: parties');
  }
  let at = HEAD_BYTES;
  const [pairId, zeroSeed, delta, chosen, both] = PARTS.map((part) =>
    Uint8Array.from(bytes.subarray(at, (at += part))),
  ) as [Bytes, Bytes, Bytes, Bytes, Bytes];
  return {
    party,
    peer,
    pairId,
    zeroSeed,
    asSender: { delta, seeds: chosen },
    asReceiver: { seeds: both },
  };
}
