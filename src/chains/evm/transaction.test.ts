import { Transaction as EthersTransaction } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { MAX_UNITS } from '#core/money.ts';
import { formatAddress } from './address.ts';
import { encodeRlp, integerBytes } from './rlp.ts';
import { type Transaction, decodeUnsigned, encodeSigned, encodeUnsigned } from './transaction.ts';

const uint = (bits: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** bits - 1n));
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(formatAddress);
const transaction: fc.Arbitrary<Transaction> = fc
  .record({
    chainId: uint(52n),
    nonce: fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 53n - 1n)),
    maxPriorityFeePerGas: uint(90n),
    maxFeePerGas: uint(100n),
    gasLimit: uint(64n),
    to: address,
    value: uint(256n),
    data: fc.uint8Array({ maxLength: 90 }),
  })
  .map((any) => ({ ...any, maxFeePerGas: any.maxFeePerGas + any.maxPriorityFeePerGas }));

const ethers = (any: Transaction): EthersTransaction =>
  EthersTransaction.from({
    ...any,
    type: 2,
    nonce: Number(any.nonce),
    data: `0x${hex(any.data)}`,
    accessList: [],
  });

test('a transaction that ethers encodes decodes to its fields, and encodes to the same bytes', () => {
  fc.assert(
    fc.property(transaction, (any) => {
      const unsigned = parseHex(ethers(any).unsignedSerialized.slice(2));
      expect(decodeUnsigned(unsigned, any.chainId)).toEqual(any);
      expect(encodeUnsigned(any)).toEqual(unsigned);
    }),
  );
});

const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`;

test('the signed form is that of ethers', () => {
  const half = fc.bigInt(1n, 2n ** 250n);
  fc.assert(
    fc.property(transaction, half, half, fc.constantFrom(0, 1), (any, r, s, yParity) => {
      const expected = ethers(any);
      expected.signature = { r: word(r), s: word(s), yParity };
      const signed = encodeSigned(any, { r, s, yParity });
      expect(`0x${hex(signed)}`).toBe(expected.serialized);
    }),
  );
});

const USUAL: Transaction = {
  chainId: 31_337n,
  nonce: 7n,
  maxPriorityFeePerGas: 1n,
  maxFeePerGas: 2n,
  gasLimit: 21_000n,
  to: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  value: 5n,
  data: new Uint8Array(0),
};

/** The usual transaction's nine fields with some replaced, encoded as any encoder would. */
function encoded(changes: Readonly<Record<number, Parameters<typeof encodeRlp>[0]>>): Bytes {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value } = USUAL;
  const head = [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit].map(integerBytes);
  const tail = [parseHex(to.slice(2).toLowerCase()), integerBytes(value), USUAL.data, []];
  const items = [...head, ...tail].map((item, i) => changes[i] ?? item);
  return Uint8Array.of(2, ...encodeRlp(items));
}

const zeros = (size: number): Bytes => new Uint8Array(size);
const ones = (size: number): Bytes => new Uint8Array(size).fill(255);

test('the table below starts from a good transaction', () => {
  expect(decodeUnsigned(encoded({}), 31_337n)).toEqual(USUAL);
});

test.each([
  ['a legacy transaction', encodeRlp([zeros(0), zeros(0)]), /not an EIP-1559 transaction/],
  ['another type', Uint8Array.of(3, ...encoded({}).subarray(1)), /not an EIP-1559 transaction/],
  ['nothing', zeros(0), /not an EIP-1559 transaction/],
  ['the type alone', Uint8Array.of(2), /an item is missing/],
  ['a signed transaction', encodeSigned(USUAL, { yParity: 0, r: 1n, s: 1n }), /not nine fields/],
  ['another chain', encoded({ 0: Uint8Array.of(1) }), /for chain 1, not 31337/],
  ['a nonce of 2^64 - 1', encoded({ 1: ones(8) }), /the nonce is too large/],
  ['a nonce with a leading zero', encoded({ 1: Uint8Array.of(0, 7) }), /leading zero/],
  ['a zero nonce as a byte', encoded({ 1: Uint8Array.of(0) }), /leading zero/],
  ['a tip above the fee', encoded({ 2: Uint8Array.of(3) }), /the tip exceeds the fee/],
  ['a fee of 33 bytes', encoded({ 3: ones(33) }), /the fee per gas has more than 256 bits/],
  ['a fee that overflows', encoded({ 3: ones(32) }), /the fee has more than 256 bits/],
  ['a gas limit of nine bytes', encoded({ 4: ones(9) }), /the gas limit is too large/],
  ['a contract creation', encoded({ 5: zeros(0) }), /creates a contract/],
  ['a recipient of 19 bytes', encoded({ 5: ones(19) }), /has not 20 bytes/],
  ['a recipient that is a list', encoded({ 5: [] }), /the recipient is a list/],
  ['a value that is a list', encoded({ 6: [ones(1)] }), /the value is a list/],
  ['data that are a list', encoded({ 7: [] }), /the data is a list/],
  ['an access list', encoded({ 8: [[ones(20), []]] }), /an access list/],
  ['bytes for the access list', encoded({ 8: zeros(0) }), /an access list/],
  ['a trailing byte', Uint8Array.of(...encoded({}), 0), /1 bytes follow/],
  ['a kilobyte of data', encoded({ 7: zeros(1_000) }), /longer than 1024 bytes/],
])('refuses %s', (_, bytes, reason) => {
  const decode = (): Transaction => decodeUnsigned(bytes, 31_337n);
  expect(decode).toThrow(expect.objectContaining({ code: 'EVIDENCE_REJECTED' }));
  expect(decode).toThrow(reason);
});

test('the largest amount fits', () => {
  const largest = { ...USUAL, value: MAX_UNITS, nonce: 2n ** 64n - 2n };
  expect(decodeUnsigned(encodeUnsigned(largest), 31_337n)).toEqual(largest);
});

test.each([
  ['a nonce with a leading zero', encoded({ 1: Uint8Array.of(0, 7) })],
  ['a value of 33 bytes', encoded({ 6: Uint8Array.of(0, ...ones(32)) })],
])('%s is refused here, though the SDK reads it and would send other bytes', (_, bytes) => {
  const read = EthersTransaction.from(`0x${hex(bytes)}`);
  expect(read.unsignedSerialized).not.toBe(`0x${hex(bytes)}`);
  expect(() => decodeUnsigned(bytes, 31_337n)).toThrow(/leading zero|256 bits/);
});
