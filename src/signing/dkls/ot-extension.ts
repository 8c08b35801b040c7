/**
 * Oblivious transfer extension: 416 random transfers of one row each, from the 128 base transfers of a
 * pair. SoftSpokenOT (Roy, IACR eprint 2022/192) with k = 1, which is the corrected form of Keller,
 * Orsini, Scholl (eprint 2015/546): the receiver's columns are checked by a universal hash over
 * GF(2^128) whose coefficients come from the hash of all columns, with 128 sacrificed rows to hide what
 * the hash would tell. The steps are numbered in docs/protocols/multiplication.md.
 *
 * Nothing here branches or indexes on a secret: choices and the correlation act as masks.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import { BASE_TRANSFERS, DELTA_BYTES, SEED_BYTES } from '#signing/pair-secrets.ts';
import { digest512, template } from '#signing/transcript.ts';
import { bitAt } from './base-ot.ts';

/** xi: transfers that a multiplication uses, 256 + 2 * 80 for 80 bits of statistical security. */
export const TRANSFERS = 416;
/** Rows that the check hides behind and that are thrown away. */
const SACRIFICED = 128;
/** A column has one bit for each row. */
export const COLUMN_BYTES = (TRANSFERS + SACRIFICED) / 8;
export const ROW_BYTES = BASE_TRANSFERS / 8;
/** An element of GF(2^128): bit k of byte b is the coefficient of X^(8b+k). */
export const HASH_BYTES = 16;

const USED_BYTES = TRANSFERS / 8;
const DIGEST512_BYTES = 64;

/** What the receiver sends: U, the hash of his choices, and the hash of each of his columns. */
export type Request = {
  readonly matrix: Bytes;
  readonly choiceHash: Bytes;
  readonly columnHashes: Bytes;
};

export const REQUEST_SIZES = {
  matrix: BASE_TRANSFERS * COLUMN_BYTES,
  choiceHash: HASH_BYTES,
  columnHashes: BASE_TRANSFERS * HASH_BYTES,
} as const;

const columnOf = (matrix: Bytes, i: number): Bytes =>
  matrix.subarray(i * COLUMN_BYTES, (i + 1) * COLUMN_BYTES);

const hashOf = (hashes: Bytes, i: number): Bytes =>
  hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);

/** One column from each of 128 seeds: SHA-512 in counter mode, bound to the session. */
function expandColumns(session: Bytes, seeds: Bytes): Bytes {
  const blocks = Math.ceil(COLUMN_BYTES / DIGEST512_BYTES);
  const prg = template('ot-extension/column', [session], [1, 1, SEED_BYTES]);
  const [index, counter, seed] = prg.slots as [Bytes, Bytes, Bytes];
  const columns = new Uint8Array(BASE_TRANSFERS * COLUMN_BYTES);
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    const column = columnOf(columns, i);
    index[0] = i;
    seed.set(seeds.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES));
    for (let block = 0; block < blocks; block++) {
      counter[0] = block;
      const start = block * DIGEST512_BYTES;
      column.set(prg.bytes().subarray(0, COLUMN_BYTES - start), start);
    }
  }
  return columns;
}

/** target ^= (bit ? source : 0), byte by byte. */
function xorMasked(target: Bytes, source: Bytes, bit: number): void {
  const mask = -bit;
  for (let at = 0; at < target.length; at++) {
    target[at] = (target[at] as number) ^ ((source[at] as number) & mask);
  }
}

/**
 * The coefficient of every used row: for each block of 128 rows an element chi of GF(2^128) from the
 * hash of U, and for row r of the block chi X^r. Four 32-bit words a row, lowest first.
 */
function coefficients(session: Bytes, matrix: Bytes): Uint32Array {
  const seed = digest512('ot-extension/check', session, matrix);
  const view = new DataView(seed.buffer, seed.byteOffset, seed.length);
  const words = new Uint32Array(4 * TRANSFERS);
  for (let row = 0; row < TRANSFERS; row++) {
    const at = 4 * row;
    if (row % 128 === 0) {
      for (let word = 0; word < 4; word++) {
        words[at + word] = view.getUint32(row / 8 + 4 * word, true);
      }
      continue;
    }
    // Times X: X^128 = X^7 + X^2 + X + 1. The coefficients are public, so a branch is harmless.
    for (let word = 3; word >= 0; word--) {
      const carry = word === 0 ? 0 : (words[at - 4 + word - 1] as number) >>> 31;
      words[at + word] = ((words[at - 4 + word] as number) << 1) | carry;
    }
    if ((words[at - 1] as number) >>> 31 === 1) words[at] = (words[at] as number) ^ 0x87;
  }
  return words;
}

/** The hash of one column: the sum of the coefficients of its set bits, plus the sacrificed block. */
function hashColumn(column: Bytes, words: Uint32Array, into: Bytes): void {
  const sacrificed = new DataView(column.buffer, column.byteOffset + USED_BYTES, HASH_BYTES);
  let a = sacrificed.getInt32(0, true);
  let b = sacrificed.getInt32(4, true);
  let c = sacrificed.getInt32(8, true);
  let d = sacrificed.getInt32(12, true);
  let at = 0;
  for (let byte = 0; byte < USED_BYTES; byte++) {
    const bits = column[byte] as number;
    for (let k = 0; k < 8; k++, at += 4) {
      const mask = -((bits >>> k) & 1);
      a ^= (words[at] as number) & mask;
      b ^= (words[at + 1] as number) & mask;
      c ^= (words[at + 2] as number) & mask;
      d ^= (words[at + 3] as number) & mask;
    }
  }
  const out = new DataView(into.buffer, into.byteOffset, HASH_BYTES);
  out.setInt32(0, a, true);
  out.setInt32(4, b, true);
  out.setInt32(8, c, true);
  out.setInt32(12, d, true);
}

function hashColumns(columns: Bytes, words: Uint32Array): Bytes {
  const hashes = new Uint8Array(BASE_TRANSFERS * HASH_BYTES);
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    hashColumn(columnOf(columns, i), words, hashOf(hashes, i));
  }
  return hashes;
}

/** The used rows of a matrix of columns: 416 rows of 128 bits, one after another. */
function transpose(columns: Bytes): Bytes {
  const rows = new Uint8Array(TRANSFERS * ROW_BYTES);
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    const column = columnOf(columns, i);
    for (let row = 0; row < TRANSFERS; row++) {
      const bit = ((column[row >> 3] as number) >>> (row & 7)) & 1;
      const at = row * ROW_BYTES + (i >> 3);
      rows[at] = (rows[at] as number) | (bit << (i & 7));
    }
  }
  return rows;
}

/**
 * The receiver's part. `choices` are COLUMN_BYTES random bytes: his 416 choice bits and the sacrificed
 * ones. Row j of the result is t_j; the sender will hold q_j = t_j xor (x_j and delta).
 * @param seeds all seeds for bit 0, then all for bit 1
 */
export function requestTransfers(
  seeds: Bytes,
  session: Bytes,
  choices: Bytes,
): { readonly request: Request; readonly rows: Bytes } {
  const half = BASE_TRANSFERS * SEED_BYTES;
  // Spec 1.2
  const columns = expandColumns(session, seeds.subarray(0, half));
  const matrix = expandColumns(session, seeds.subarray(half));
  // Spec 1.3
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    xorMasked(columnOf(matrix, i), columnOf(columns, i), 1);
    xorMasked(columnOf(matrix, i), choices, 1);
  }
  // Spec 1.4
  const words = coefficients(session, matrix);
  const choiceHash = new Uint8Array(HASH_BYTES);
  hashColumn(choices, words, choiceHash);
  const columnHashes = hashColumns(columns, words);
  return { request: { matrix, choiceHash, columnHashes }, rows: transpose(columns) };
}

/**
 * The sender's part: her rows q_j, or undefined when the receiver's request fails the check. A failure
 * may have told him bits of delta: the caller bans the pair.
 */
export function grantTransfers(
  secrets: { readonly delta: Bytes; readonly seeds: Bytes },
  session: Bytes,
  request: Request,
): Bytes | undefined {
  // Spec 2.1
  const columns = expandColumns(session, secrets.seeds);
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    const bit = bitAt(secrets.delta, i);
    xorMasked(columnOf(columns, i), columnOf(request.matrix, i), bit);
  }
  // Spec 2.2
  const hashes = hashColumns(columns, coefficients(session, request.matrix));
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    xorMasked(hashOf(hashes, i), request.choiceHash, bitAt(secrets.delta, i));
  }
  return equalBytes(hashes, request.columnHashes) ? transpose(columns) : undefined;
}

/** Row j xor delta, into a buffer of its own. */
export function otherRow(rows: Bytes, j: number, delta: Bytes, into: Bytes): void {
  for (let at = 0; at < DELTA_BYTES; at++) {
    into[at] = (rows[j * ROW_BYTES + at] as number) ^ (delta[at] as number);
  }
}
