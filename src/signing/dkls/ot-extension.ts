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

/** Words of a column, of its used part, and of a row. */
const WORD_BITS = 32;
const COLUMN_WORDS = (8 * COLUMN_BYTES) / WORD_BITS;
const USED_WORDS = TRANSFERS / WORD_BITS;
const ROW_WORDS = BASE_TRANSFERS / WORD_BITS;

/** Bytes as words, lowest byte first: bit k of word w is bit 32w + k of the bytes. */
function wordsOf(bytes: Bytes): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(bytes.length / 4);
  for (let at = 0; at < words.length; at++) words[at] = view.getUint32(4 * at, true);
  return words;
}

function bytesOf(words: Uint32Array): Bytes {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < words.length; at++) view.setUint32(4 * at, words[at] as number, true);
  return bytes;
}

/** One column from each of 128 seeds: SHA-512 in counter mode, bound to the session. */
function expandColumns(session: Bytes, seeds: Bytes): Uint32Array {
  const prg = template('ot-extension/column', [session], [1, 1, SEED_BYTES]);
  const [index, counter, seed] = prg.slots as [Bytes, Bytes, Bytes];
  const column = Buffer.alloc(COLUMN_BYTES);
  const columns = Buffer.alloc(BASE_TRANSFERS * COLUMN_BYTES);
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    index[0] = i;
    for (let at = 0; at < SEED_BYTES; at++) seed[at] = seeds[i * SEED_BYTES + at] as number;
    counter[0] = 0;
    prg.write(column, 0);
    counter[0] = 1;
    prg.write(column, DIGEST512_BYTES);
    columns.set(column, i * COLUMN_BYTES);
  }
  return wordsOf(columns);
}

/** Column i of the target ^= (bit ? source : 0). */
function xorColumn(
  target: Uint32Array,
  i: number,
  source: Uint32Array,
  from: number,
  bit: number,
): void {
  const mask = -bit;
  for (let word = 0; word < COLUMN_WORDS; word++) {
    const at = i * COLUMN_WORDS + word;
    target[at] = (target[at] as number) ^ ((source[from + word] as number) & mask);
  }
}

/** Transposes 32 words of 32 bits in place (Warren, "Hacker's Delight", section 7-3). */
function transposeBlock(block: Uint32Array): void {
  for (let width = 16, mask = 0xffff; width !== 0; width >>= 1, mask ^= mask << width) {
    for (let k = 0; k < WORD_BITS; k = (k + width + 1) & ~width) {
      const [upper, lower] = [block[k] as number, block[k + width] as number];
      const exchanged = ((upper >>> width) ^ lower) & mask;
      block[k] = upper ^ (exchanged << width);
      block[k + width] = lower ^ exchanged;
    }
  }
}

/** `height` columns of `width` words each, as 32 * width rows of height / 32 words each. */
function transpose(columns: Uint32Array, height: number, width: number): Uint32Array {
  const rows = new Uint32Array(columns.length);
  const across = height / WORD_BITS;
  const block = new Uint32Array(WORD_BITS);
  for (let group = 0; group < across; group++) {
    for (let word = 0; word < width; word++) {
      for (let k = 0; k < WORD_BITS; k++) {
        block[k] = columns[(group * WORD_BITS + k) * width + word] as number;
      }
      transposeBlock(block);
      for (let k = 0; k < WORD_BITS; k++) {
        rows[(word * WORD_BITS + k) * across + group] = block[k] as number;
      }
    }
  }
  return rows;
}

/**
 * The coefficient of every used row: for each block of 128 rows an element chi of GF(2^128) from the
 * hash of U, and for row r of the block chi X^r. Four words a row, lowest first.
 */
function coefficients(session: Bytes, matrix: Bytes): Uint32Array {
  const seed = wordsOf(digest512('ot-extension/check', session, matrix));
  const words = new Uint32Array(4 * TRANSFERS);
  for (let row = 0; row < TRANSFERS; row++) {
    const at = 4 * row;
    if (row % 128 === 0) {
      for (let word = 0; word < 4; word++) words[at + word] = seed[row / 32 + word] as number;
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

/** The hash of the choices: the coefficients of the set bits, plus the sacrificed block. */
function hashChoices(choices: Uint32Array, weights: Uint32Array): Bytes {
  const hash = choices.slice(USED_WORDS);
  for (let row = 0; row < TRANSFERS; row++) {
    const mask = -(((choices[row >> 5] as number) >>> (row & 31)) & 1);
    for (let word = 0; word < 4; word++) {
      hash[word] = (hash[word] as number) ^ ((weights[4 * row + word] as number) & mask);
    }
  }
  return bytesOf(hash);
}

/**
 * The same hash of all columns at once, given as rows: bit k of all hashes together is the sum of the
 * rows whose coefficient has bit k, plus the sacrificed row k. Only coefficients are branched on.
 */
function hashColumns(rows: Uint32Array, weights: Uint32Array): Bytes {
  const hashes = rows.slice(TRANSFERS * ROW_WORDS);
  for (let row = 0; row < TRANSFERS; row++) {
    const from = row * ROW_WORDS;
    const a = rows[from] as number;
    const b = rows[from + 1] as number;
    const c = rows[from + 2] as number;
    const d = rows[from + 3] as number;
    for (let word = 0; word < 4; word++) {
      for (let bits = weights[4 * row + word] as number; bits !== 0; bits &= bits - 1) {
        const at = (32 * word + 31 - Math.clz32(bits & -bits)) * ROW_WORDS;
        hashes[at] = (hashes[at] as number) ^ a;
        hashes[at + 1] = (hashes[at + 1] as number) ^ b;
        hashes[at + 2] = (hashes[at + 2] as number) ^ c;
        hashes[at + 3] = (hashes[at + 3] as number) ^ d;
      }
    }
  }
  return bytesOf(transpose(hashes, BASE_TRANSFERS, ROW_WORDS));
}

/** The used rows, one after another. */
const usedRows = (rows: Uint32Array): Bytes => bytesOf(rows.subarray(0, TRANSFERS * ROW_WORDS));

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
  const chosen = wordsOf(choices);
  // Spec 1.2
  const columns = expandColumns(session, seeds.subarray(0, half));
  const others = expandColumns(session, seeds.subarray(half));
  // Spec 1.3
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    xorColumn(others, i, columns, i * COLUMN_WORDS, 1);
    xorColumn(others, i, chosen, 0, 1);
  }
  const matrix = bytesOf(others);
  // Spec 1.4
  const weights = coefficients(session, matrix);
  const rows = transpose(columns, BASE_TRANSFERS, COLUMN_WORDS);
  const choiceHash = hashChoices(chosen, weights);
  const columnHashes = hashColumns(rows, weights);
  return { request: { matrix, choiceHash, columnHashes }, rows: usedRows(rows) };
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
  const { delta, seeds } = secrets;
  // Spec 2.1
  const columns = expandColumns(session, seeds);
  const matrix = wordsOf(request.matrix);
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    xorColumn(columns, i, matrix, i * COLUMN_WORDS, bitAt(delta, i));
  }
  // Spec 2.2
  const rows = transpose(columns, BASE_TRANSFERS, COLUMN_WORDS);
  const hashes = hashColumns(rows, coefficients(session, request.matrix));
  for (let at = 0; at < hashes.length; at++) {
    const mask = -bitAt(delta, Math.floor(at / HASH_BYTES));
    const choice = request.choiceHash[at % HASH_BYTES] as number;
    hashes[at] = (hashes[at] as number) ^ (choice & mask);
  }
  return equalBytes(hashes, request.columnHashes) ? usedRows(rows) : undefined;
}

/** Copies row j into a buffer of its own. */
export function copyRow(rows: Bytes, j: number, into: Bytes): void {
  for (let at = 0; at < ROW_BYTES; at++) into[at] = rows[j * ROW_BYTES + at] as number;
}

/** Row j xor delta, into a buffer of its own. */
export function otherRow(rows: Bytes, j: number, delta: Bytes, into: Bytes): void {
  for (let at = 0; at < DELTA_BYTES; at++) {
    into[at] = (rows[j * ROW_BYTES + at] as number) ^ (delta[at] as number);
  }
}
