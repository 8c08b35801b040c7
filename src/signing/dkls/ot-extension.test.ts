import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Bytes, concat, hex, parseHex } from '#core/bytes.ts';
import { idealTransfers } from '#signing/ideal-transfers.ts';
import { BASE_TRANSFERS, SEED_BYTES } from '#signing/pair-secrets.ts';
import { flipBit, seededRandom } from '#signing/simulator.ts';
import { digest, digest512 } from '#signing/transcript.ts';
import { bitAt } from './base-ot.ts';
import {
  COLUMN_BYTES,
  HASH_BYTES,
  ROW_BYTES,
  type Request,
  TRANSFERS,
  grantTransfers,
  requestTransfers,
} from './ot-extension.ts';

const random = seededRandom('ot-extension.test');
const { alice, bob } = idealTransfers(random);
const session = random(32);
const choices = random(COLUMN_BYTES);
const { request, rows } = requestTransfers(bob, session, choices);

const rowOf = (matrix: Bytes, j: number): Bytes =>
  matrix.subarray(j * ROW_BYTES, (j + 1) * ROW_BYTES);

test("the sender's rows are the receiver's, with delta added where he chose 1", () => {
  const granted = grantTransfers(alice, session, request) as Bytes;
  for (let j = 0; j < TRANSFERS; j++) {
    const expected = rowOf(rows, j).map(
      (byte, at) => byte ^ ((alice.delta[at] as number) * bitAt(choices, j)),
    );
    expect(rowOf(granted, j)).toEqual(expected);
  }
});

const bitOfColumn = (column: number, row: number): number => 8 * COLUMN_BYTES * column + row;

test.each([
  ['matrix', bitOfColumn(0, 0)],
  ['matrix', bitOfColumn(0, 415)],
  ['matrix', bitOfColumn(63, 200)],
  ['matrix', bitOfColumn(64, 416)],
  ['matrix', bitOfColumn(127, 543)],
  ['choiceHash', 0],
  ['choiceHash', 127],
  ['columnHashes', 0],
  ['columnHashes', 128 * 64],
  ['columnHashes', 128 * 128 - 1],
] as const)('a request with another bit of %s, %i, fails its check', (field, bit) => {
  const altered: Request = { ...request, [field]: flipBit(request[field], bit) };
  expect(grantTransfers(alice, session, altered)).toBeUndefined();
});

test('a request of another session fails its check', () => {
  expect(grantTransfers(alice, random(32), request)).toBeUndefined();
});

/** GF(2^128) by schoolbook multiplication: bit k stands for X^k. */
function times(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let k = 0n; k < 128n; k++) if ((b >> k) & 1n) product ^= a << k;
  for (let k = 254n; k >= 128n; k--) {
    if ((product >> k) & 1n) product ^= (1n << k) ^ (0x87n << (k - 128n));
  }
  return product;
}

const littleEndian = (bytes: Bytes): bigint => BigInt(`0x${hex(bytes.toReversed())}`);

const spell = (element: bigint): Bytes =>
  parseHex(element.toString(16).padStart(2 * HASH_BYTES, '0')).toReversed();

/** The weighted sum of a column's used blocks, as the page defines it. */
function weigh(used: Bytes, matrix: Bytes): bigint {
  const weights = digest512('ot-extension/check', session, matrix);
  let sum = 0n;
  for (let at = 0; at < used.length; at += HASH_BYTES) {
    const block = littleEndian(used.subarray(at, at + HASH_BYTES));
    sum ^= times(block, littleEndian(weights.subarray(at, at + HASH_BYTES)));
  }
  return sum;
}

const USED = TRANSFERS / 8;

/** The used bits of the receiver's column i, read from his rows. */
function usedColumn(i: number): Bytes {
  const column = new Uint8Array(USED);
  for (let j = 0; j < TRANSFERS; j++) {
    column[j >> 3] = (column[j >> 3] as number) | (bitAt(rowOf(rows, j), i) << (j & 7));
  }
  return column;
}

const hashAt = (i: number): Bytes =>
  request.columnHashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);

test('the hash of the choices is the sum of the weighted blocks and the sacrificed one', () => {
  const sum = weigh(choices.subarray(0, USED), request.matrix);
  expect(littleEndian(request.choiceHash)).toBe(sum ^ littleEndian(choices.subarray(USED)));
});

/** A receiver who uses another choice in one column, and who hashes as if he had not. */
function probe(i: number): Request {
  const matrix = flipBit(request.matrix, bitOfColumn(i, 7));
  const rehash = (used: Bytes, hash: Bytes): Bytes => {
    const sacrificed = littleEndian(hash) ^ weigh(used, request.matrix);
    return spell(sacrificed ^ weigh(used, matrix));
  };
  const columnHashes = new Uint8Array(request.columnHashes.length);
  for (let k = 0; k < BASE_TRANSFERS; k++) {
    columnHashes.set(rehash(usedColumn(k), hashAt(k)), k * HASH_BYTES);
  }
  return {
    matrix,
    columnHashes,
    choiceHash: rehash(choices.subarray(0, USED), request.choiceHash),
  };
}

test('a probe of one column passes exactly where that bit of delta is 0: a failure is a leak', () => {
  const probed = [0, 1, 2, 3, 4, 5, 126, 127];
  const bits = probed.map((i) => bitAt(alice.delta, i));
  expect(new Set(bits).size).toBe(2);
  for (const i of probed) {
    const passes = grantTransfers(alice, session, probe(i)) !== undefined;
    expect(passes).toBe(bitAt(alice.delta, i) === 0);
  }
});

/** A column of the seed for bit `half` of base transfer i, written from the page. */
function expand(i: number, half: number): Bytes {
  const at = (half * BASE_TRANSFERS + i) * SEED_BYTES;
  const seed = bob.subarray(at, at + SEED_BYTES);
  const prefix = digest('ot-extension/column', session);
  const blocks = [0, 1].map((block) =>
    hash('sha512', concat(prefix, Uint8Array.of(i, block), seed), 'buffer'),
  );
  return concat(...blocks).subarray(0, COLUMN_BYTES);
}

test('a column of U is both expanded seeds and the choices', () => {
  for (const i of [0, 1, 127]) {
    const [zero, one] = [expand(i, 0), expand(i, 1)];
    const column = request.matrix.subarray(i * COLUMN_BYTES, (i + 1) * COLUMN_BYTES);
    expect(column).toEqual(
      choices.map((byte, at) => byte ^ (zero[at] as number) ^ (one[at] as number)),
    );
  }
});

test('two requests under one session xor to the difference of their choices', () => {
  const others = random(COLUMN_BYTES);
  const again = requestTransfers(bob, session, others).request;
  const difference = choices.map((byte, at) => byte ^ (others[at] as number));
  for (let i = 0; i < BASE_TRANSFERS; i++) {
    const [first, second] = [request, again].map((one) =>
      one.matrix.subarray(i * COLUMN_BYTES, (i + 1) * COLUMN_BYTES),
    ) as [Bytes, Bytes];
    expect(first.map((byte, at) => byte ^ (second[at] as number))).toEqual(difference);
  }
  const elsewhere = requestTransfers(bob, random(32), others).request;
  expect(elsewhere.matrix).not.toEqual(again.matrix);
});
